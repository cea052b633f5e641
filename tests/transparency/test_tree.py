"""The tree gives the roots and proofs that RFC 6962 and RFC 9162 publish."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchstone.transparency import EMPTY_ROOT, Frontier, Tree, leaf_hash, node_hash, range_hash

# Inputs and roots of the certificate-transparency reference tree, also used by RFC 6962 implementations everywhere.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def textbook_root(entries: list[bytes]) -> bytes:
    """MTH exactly as RFC 6962 section 2.1 writes it, with none of the package's code."""
    if len(entries) < 2:
        return leaf_hash(entries[0]) if entries else EMPTY_ROOT
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return node_hash(textbook_root(entries[:k]), textbook_root(entries[k:]))


def textbook_path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1."""
    if len(entries) == 1:
        return []
    k = 1
    while 2 * k < len(entries):
        k *= 2
    if m < k:
        return [*textbook_path(m, entries[:k]), textbook_root(entries[k:])]
    return [*textbook_path(m - k, entries[k:]), textbook_root(entries[:k])]


def textbook_subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2."""
    if m == len(entries):
        return [] if whole else [textbook_root(entries)]
    k = 1
    while 2 * k < len(entries):
        k *= 2
    if m <= k:
        return [*textbook_subproof(m, entries[:k], whole), textbook_root(entries[k:])]
    return [*textbook_subproof(m - k, entries[k:], False), textbook_root(entries[:k])]


@pytest.mark.parametrize("size", range(9))
def test_published_roots_come_out(size: int) -> None:
    tree = Tree()
    tree.append(LEAVES[:size])
    assert tree.root().hex() == ROOTS[size]
    assert textbook_root(LEAVES[:size]).hex() == ROOTS[size]


def test_leaves_and_nodes_hash_in_separate_domains() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize("size", [*range(1, 20), 31, 32, 33, 64, 65, 100, 127, 128, 129, 130])
def test_inclusion_paths_are_the_textbook_ones(size: int) -> None:
    entries = [b"%d" % number for number in range(size)]
    tree = Tree()
    tree.append(entries)
    for index in range(size):
        assert tree.inclusion_proof(index) == textbook_path(index, entries)


def test_consistency_paths_are_the_textbook_ones() -> None:
    entries = [b"%d" % number for number in range(40)]
    tree = Tree()
    tree.append(entries)
    for new in range(1, 41):
        for old in range(1, new + 1):
            assert tree.consistency_proof(old, new) == textbook_subproof(old, entries[:new], True)


def test_a_tree_knows_the_root_of_every_earlier_size() -> None:
    entries = [b"%d" % number for number in range(70)]
    tree = Tree()
    tree.append(entries)
    assert [tree.root(size) for size in range(71)] == [textbook_root(entries[:size]) for size in range(71)]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_growing_in_any_steps_gives_the_same_root(steps: list[int]) -> None:
    entries = [b"%d" % number for number in range(sum(steps))]
    tree, frontier, at = Tree(), Frontier(), 0
    for step in steps:
        tree.append(entries[at : at + step])
        frontier.extend(b"".join(map(leaf_hash, entries[at : at + step])))
        at += step
        assert frontier.root() == tree.root() == textbook_root(entries[:at])
        assert frontier.size == tree.size == at


def test_proofs_outside_the_tree_are_refused() -> None:
    tree = Tree(map(leaf_hash, LEAVES))
    for index, size in ((8, 8), (-1, 8), (0, 0), (0, 9)):
        with pytest.raises(IndexError):
            tree.inclusion_proof(index, size)
    for old, new in ((5, 4), (-1, 4), (3, 9)):
        with pytest.raises(IndexError):
            tree.consistency_proof(old, new)
    with pytest.raises(IndexError):
        tree.node(0, 8)
    with pytest.raises(IndexError):
        tree.node(5, 0)


def test_order_of_entries_changes_the_root() -> None:
    entries = [b"%d" % number for number in range(33)]
    shuffled = random.Random(1).sample(entries, len(entries))
    assert textbook_root(entries) != textbook_root(shuffled)
    assert range_hash(3, 3, Tree().node) == EMPTY_ROOT
