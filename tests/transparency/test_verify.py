"""Proofs are accepted exactly when they prove what they claim."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchstone.transparency import (
    EMPTY_ROOT,
    Forked,
    InclusionBatch,
    Inconsistent,
    ProofInvalid,
    Tree,
    leaf_hash,
    root_from_inclusion,
    verify_consistency,
    verify_inclusion,
)

MOST = 130


@pytest.fixture(scope="module")
def tree() -> Tree:
    tree = Tree()
    tree.append([b"entry %d" % number for number in range(MOST)])
    return tree


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


def test_every_pair_of_sizes_up_to_130_is_consistent(tree: Tree) -> None:
    checked = 0
    for new in range(MOST + 1):
        for old in range(new + 1):
            proof = tree.consistency_proof(old, new)
            verify_consistency(
                old_size=old, old_root=tree.root(old), new_size=new, new_root=tree.root(new), proof=proof
            )
            checked += 1
    assert checked == (MOST + 1) * (MOST + 2) // 2


def test_every_pair_of_sizes_refuses_a_wrong_root_and_a_wrong_length(tree: Tree) -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new):
            proof = tree.consistency_proof(old, new)
            good = {"old_size": old, "old_root": tree.root(old), "new_size": new, "new_root": tree.root(new)}
            for change in (
                {"old_root": tree.root(old - 1)},
                {"new_root": flipped(tree.root(new), 7)},
                {"proof": [*proof, b"\0" * 32]},
                {"proof": proof[1:]},
                {"proof": [flipped(proof[0], 3), *proof[1:]]},
            ):
                with pytest.raises(Inconsistent):
                    verify_consistency(**{**good, "proof": proof, **change})


def test_every_leaf_of_every_size_up_to_130_is_included(tree: Tree) -> None:
    for size in range(1, MOST + 1):
        batch = InclusionBatch(size=size, root=tree.root(size))
        for index in range(size):
            leaf, proof = tree.node(0, index), tree.inclusion_proof(index, size)
            verify_inclusion(leaf, index=index, size=size, proof=proof, root=tree.root(size))
            batch.verify(leaf, index=index, proof=proof)


def spoiled(tree: Tree, size: int, rng: random.Random) -> tuple[bytes, int, list[bytes]]:
    """A leaf, its claimed index and its proof, four times in five with something wrong."""
    index = rng.randrange(size)
    leaf, proof, kind = tree.node(0, index), tree.inclusion_proof(index, size), rng.randrange(5)
    if kind == 1 and proof:
        at = rng.randrange(len(proof))
        proof[at] = flipped(proof[at], rng.randrange(256))
    elif kind == 2:
        index = rng.randrange(size)
    elif kind == 3:
        leaf = flipped(leaf, rng.randrange(256))
    elif kind == 4:
        proof = proof[: rng.randrange(len(proof) + 1)]
    return leaf, index, proof


def test_batches_refuse_what_single_checks_refuse(tree: Tree) -> None:
    rng = random.Random(7)
    refused = 0
    for size in (1, 2, 7, 64, 100, 130):
        root = tree.root(size)
        batch = InclusionBatch(size=size, root=root)
        for _ in range(300):
            leaf, index, proof = spoiled(tree, size, rng)
            try:
                verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)
            except ProofInvalid:
                refused += 1
                with pytest.raises(ProofInvalid):
                    batch.verify(leaf, index=index, proof=proof)
            else:
                batch.verify(leaf, index=index, proof=proof)
    assert refused > 500


@given(st.integers(1, 400), st.data())
def test_a_proof_of_one_leaf_proves_no_other(size: int, data: st.DataObject) -> None:
    tree = Tree(leaf_hash(b"%d" % number) for number in range(size))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index)
    if index == other:
        verify_inclusion(tree.node(0, index), index=index, size=size, proof=proof, root=tree.root())
    else:
        with pytest.raises(ProofInvalid):
            verify_inclusion(tree.node(0, other), index=index, size=size, proof=proof, root=tree.root())
        with pytest.raises(ProofInvalid):
            verify_inclusion(tree.node(0, index), index=other, size=size, proof=proof, root=tree.root())


@given(st.integers(1, 300), st.integers(0, 300), st.integers(0, 255), st.data())
def test_a_rewritten_history_is_not_consistent(old: int, more: int, bit: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % number) for number in range(old + more)]
    altered = list(leaves)
    at = data.draw(st.integers(0, old - 1))
    altered[at] = flipped(altered[at], bit)
    honest, forged = Tree(leaves[:old]), Tree(altered)
    with pytest.raises((Inconsistent, Forked)):
        verify_consistency(
            old_size=old,
            old_root=honest.root(),
            new_size=forged.size,
            new_root=forged.root(),
            proof=forged.consistency_proof(old),
        )


def test_two_roots_of_one_size_are_a_fork(tree: Tree) -> None:
    with pytest.raises(Forked, match="two different roots for 5 entries"):
        verify_consistency(old_size=5, old_root=tree.root(5), new_size=5, new_root=tree.root(6), proof=[])


@pytest.mark.parametrize(
    ("old", "new", "old_root", "proof"),
    [(6, 5, None, []), (0, 5, b"\1" * 32, []), (0, 5, EMPTY_ROOT, [b"\0" * 32]), (5, 5, None, [b"\0" * 32])],
)
def test_growth_that_is_none_is_refused(
    tree: Tree, old: int, new: int, old_root: bytes | None, proof: list[bytes]
) -> None:
    with pytest.raises(Inconsistent):
        verify_consistency(
            old_size=old, old_root=old_root or tree.root(old), new_size=new, new_root=tree.root(new), proof=proof
        )


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_refused(tree: Tree, length: int) -> None:
    proof = tree.inclusion_proof(5)
    proof[2] = b"\0" * length
    with pytest.raises(ProofInvalid, match="not 32 bytes"):
        verify_inclusion(tree.node(0, 5), index=5, size=MOST, proof=proof, root=tree.root())
    with pytest.raises(ProofInvalid, match="not 32 bytes"):
        InclusionBatch(size=MOST, root=tree.root()).verify(tree.node(0, 5), index=5, proof=proof)
    growth = tree.consistency_proof(77)
    growth[1] = b"\0" * length
    with pytest.raises(Inconsistent, match="not 32 bytes"):
        verify_consistency(old_size=77, old_root=tree.root(77), new_size=MOST, new_root=tree.root(), proof=growth)


def test_an_index_outside_the_tree_is_refused() -> None:
    with pytest.raises(ProofInvalid, match="outside the tree"):
        root_from_inclusion(b"\0" * 32, index=4, size=4, proof=[])
