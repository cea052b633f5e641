"""Tiles and bundles are laid out as c2sp.org/tlog-tiles says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchstone.transparency import (
    TILE_WIDTH,
    Checkpoint,
    LogReader,
    Malformed,
    MemoryStore,
    MissingResource,
    RootMismatch,
    TileMismatch,
    TilePath,
    Tree,
    decode_bundle,
    encode_bundle,
    leaf_hash,
    levels_of,
    tile_for,
    tile_root,
    tiles_of,
)


def tiles_from(tree: Tree, size: int) -> dict[str, bytes]:
    """Every tile by the specification's own formula: hash i of tile n at level l is a subtree of 256**l leaves."""
    return {
        str(path): b"".join(tree.node(8 * path.level, path.index * 256 + i) for i in range(path.width))
        for path in tiles_of(size)
    }


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(leaf_hash(b"%d" % number) for number in range(70_000))


def test_70000_entries_need_the_tiles_of_the_specification() -> None:
    paths = list(tiles_of(70_000))
    widths = {level: [path.width for path in paths if path.level == level] for level in (0, 1, 2)}
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert len(paths) == 277
    assert str(paths[273]) == "tile/0/273.p/112"
    assert str(paths[-1]) == "tile/2/000.p/1"


def test_256_entries_are_one_full_tile_and_one_partial_above() -> None:
    assert [str(path) for path in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert list(tiles_of(0)) == []
    assert list(levels_of(255)) == [0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (TilePath(0, 1234067), "tile/0/x001/x234/067"),
        (TilePath(0, 0), "tile/0/000"),
        (TilePath(3, 999, 7), "tile/3/999.p/7"),
        (TilePath(63, 1000, 255), "tile/63/x001/000.p/255"),
        (TilePath("entries", 1234067, 1), "tile/entries/x001/x234/067.p/1"),
        (TilePath("openings", 5), "tile/openings/005"),
    ],
)
def test_paths_are_spelled_in_one_way(path: TilePath, text: str) -> None:
    assert str(path) == text
    assert TilePath.parse(text) == path


@given(st.integers(0, 63), st.integers(0, 2**40), st.integers(1, 256))
def test_every_path_reads_back(level: int, index: int, width: int) -> None:
    path = TilePath(level, index, width)
    assert TilePath.parse(str(path)) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/0/" + "x001/" * 40 + "000",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        TilePath.parse(text)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000])
def test_tiles_hash_up_to_the_root(tree: Tree, size: int) -> None:
    store = MemoryStore(tiles_from(tree, size))
    reader = LogReader(store, Checkpoint("o", size, tree.root(size)))
    reader.require_tree()
    for old in {1, size // 2, size - 1, size} - {0}:
        assert reader.root(old) == tree.root(old)
        assert reader.consistency_proof(old) == tree.consistency_proof(old, size)
    for index in {0, size // 3, size - 1}:
        assert reader.inclusion_proof(index) == tree.inclusion_proof(index, size)


def test_a_partial_tile_may_be_cut_from_the_full_one(tree: Tree) -> None:
    files = tiles_from(tree, 70_000)
    reader = LogReader(MemoryStore(files), Checkpoint("o", 600, tree.root(600)))
    reader.require_root(600, tree.root(600))


def test_tiles_that_do_not_fit_each_other_are_refused(tree: Tree) -> None:
    size = 66_000
    for path, problem in (
        ("tile/0/000", TileMismatch),
        ("tile/0/255", TileMismatch),
        ("tile/1/000", TileMismatch),
        ("tile/0/257.p/208", RootMismatch),
    ):
        files = tiles_from(tree, size)
        files[path] = b"\xff" + files[path][1:]
        with pytest.raises(problem):
            LogReader(MemoryStore(files), Checkpoint("o", size, tree.root(size))).require_tree()


def test_a_missing_or_short_tile_is_named(tree: Tree) -> None:
    files = tiles_from(tree, 300)
    reader = LogReader(MemoryStore({**files, "tile/0/000": b"\0" * 8160}), Checkpoint("o", 300, b"\0" * 32))
    with pytest.raises(TileMismatch, match="8160 bytes instead of 8192"):
        reader.require_tree()
    del files["tile/0/000"]
    with pytest.raises(MissingResource, match="tile/0/000"):
        LogReader(MemoryStore(files), Checkpoint("o", 300, b"\0" * 32)).require_tree()


def test_hashes_lie_in_the_tile_that_the_size_calls_for() -> None:
    assert tile_for(0, 69_999, 70_000) == TilePath(0, 273, 112)
    assert tile_for(1, 256, 70_000) == TilePath(1, 1, 17)
    with pytest.raises(Malformed):
        tile_for(0, 70_000, 70_000)
    with pytest.raises(Malformed):
        tile_root(b"\0" * 8191)


@given(st.lists(st.binary(max_size=80), max_size=TILE_WIDTH))
def test_bundles_read_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), width=len(entries)) == entries


def test_the_bundle_of_the_docstring_is_so() -> None:
    assert encode_bundle([b"a", b"bc"]).hex() == "00016100026263"
    assert decode_bundle(encode_bundle([b"", b"x" * 65_535]), width=2) == [b"", b"x" * 65_535]
    with pytest.raises(Malformed, match="at most 65535"):
        encode_bundle([b"x" * 65_536])


@pytest.mark.parametrize(
    ("bundle", "width"), [(b"\0", 1), (b"\0\2a", 1), (b"\0\1a", 2), (b"\0\1a\0\1b", 1), (b"", 1), (b"\0\1a", 0)]
)
def test_broken_bundles_are_refused(bundle: bytes, width: int) -> None:
    with pytest.raises(Malformed):
        decode_bundle(bundle, width=width)
