"""Tiles and entry bundles (c2sp.org/tlog-tiles): paths, widths, contents, and a node source over tiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .errors import Malformed
from .tree import HASH_SIZE, NodeSource, pair_hashes

TILE_WIDTH = 256
TILE_HEIGHT = 8
TILE_BYTES = TILE_WIDTH * HASH_SIZE
MAX_ENTRY_BYTES = 65_535
ENTRIES = "entries"
OPENINGS = "openings"
_MAX_LEVEL = 63
_PATH = re.compile(
    r"tile/(?P<level>0|[1-9][0-9]?|entries|openings)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """Where a tile or bundle lies: its level (or "entries", "openings"), its index and how many items it holds.

    Source: c2sp.org/tlog-tiles, "Merkle Tree". Examples: level 0, index 1234067 is `tile/0/x001/x234/067`;
    the same 112 wide is `tile/0/x001/x234/067.p/112`. "openings" is ours, with the same numbering.
    """

    level: int | str
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        known = self.level in (ENTRIES, OPENINGS) if isinstance(self.level, str) else 0 <= self.level <= _MAX_LEVEL
        if not known or self.index < 0 or not 1 <= self.width <= TILE_WIDTH:
            raise Malformed(what="tile", reason=f"no tile {self.index} of width {self.width} at level {self.level!r}")

    @property
    def start(self) -> int:
        """Index of the first leaf below this tile."""
        return self.index * TILE_WIDTH if isinstance(self.level, str) else self.index << TILE_HEIGHT * (self.level + 1)

    def __str__(self) -> str:
        suffix = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{encode_index(self.index)}{suffix}"

    @classmethod
    def parse(cls, path: str) -> TilePath:
        """Read a path; only the one spelling that `str` gives is accepted. Raises Malformed."""
        match = _PATH.fullmatch(path) if len(path) <= 128 else None
        if match is None:
            raise Malformed(what="tile path", reason=f"{path[:60]!r} is not tile/LEVEL/INDEX[.p/WIDTH]")
        level = match["level"]
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"]) if match["width"] else TILE_WIDTH
        tile = cls(level if level in (ENTRIES, OPENINGS) else int(level), index, width)
        if str(tile) != path:
            raise Malformed(what="tile path", reason=f"{path!r} has a shorter spelling, {tile}")
        return tile


def encode_index(index: int) -> str:
    """A tile index as 3-digit path elements, all but the last marked with an x: 1234067 is x001/x234/067."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join(["x" + group for group in groups[:-1]] + groups[-1:])


def tiles_at_level(level: int | str, size: int) -> Iterator[TilePath]:
    """All tiles of one level in a tree of `size` leaves, left to right, the partial one last."""
    hashes = size if isinstance(level, str) else size >> TILE_HEIGHT * level
    for index in range(hashes // TILE_WIDTH):
        yield TilePath(level, index)
    if hashes % TILE_WIDTH:
        yield TilePath(level, hashes // TILE_WIDTH, hashes % TILE_WIDTH)


def levels_of(size: int) -> range:
    """Levels that have a tile in a tree of `size` leaves.

    Example: 70,000 leaves have levels 0 to 2: 273 full tiles and one 112 wide, one full and one 17 wide, one 1 wide.
    """
    return range(0 if size == 0 else (size.bit_length() - 1) // TILE_HEIGHT + 1)


def tiles_of(size: int) -> Iterator[TilePath]:
    """Every hash tile of a tree of `size` leaves."""
    for level in levels_of(size):
        yield from tiles_at_level(level, size)


def tile_for(level: int, index: int, size: int) -> TilePath:
    """The tile that holds hash `index` of tile level `level` in a tree of `size` leaves. Raises Malformed outside."""
    hashes = size >> TILE_HEIGHT * level
    if not 0 <= index < hashes:
        raise Malformed(what="tile", reason=f"hash {index} of level {level} is not in a tree of {size} leaves")
    number = index // TILE_WIDTH
    return TilePath(level, number, min(TILE_WIDTH, hashes - number * TILE_WIDTH))


def tile_root(hashes: bytes) -> bytes:
    """The hash of a full tile as it stands in the tile above. Raises Malformed unless it is 8,192 bytes long."""
    if len(hashes) != TILE_BYTES:
        raise Malformed(what="tile", reason=f"{len(hashes)} bytes instead of {TILE_BYTES}")
    while len(hashes) > HASH_SIZE:
        hashes = pair_hashes(hashes)
    return hashes


def node_source(read_tile: Callable[[TilePath], bytes], size: int) -> NodeSource:
    """Hashes of complete subtrees in a tree of `size` leaves, computed from its tiles; remembers what it computed."""
    levels: dict[TilePath, list[bytes]] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile = tile_for(tile_level, index << height, size)
        if tile not in levels:
            levels[tile] = _tile_levels(read_tile(tile), tile)
        at = (index - (tile.index * TILE_WIDTH >> height)) * HASH_SIZE
        found = levels[tile][height][at : at + HASH_SIZE]
        if len(found) != HASH_SIZE:
            raise Malformed(what=str(tile), reason=f"no complete subtree {index} at level {level}")
        return found

    return node


def _tile_levels(hashes: bytes, tile: TilePath) -> list[bytes]:
    if len(hashes) != tile.width * HASH_SIZE:
        raise Malformed(what=str(tile), reason=f"{len(hashes)} bytes instead of {tile.width * HASH_SIZE}")
    levels = [hashes]
    for _height in range(1, TILE_HEIGHT):
        levels.append(pair_hashes(levels[-1]))
    return levels


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length as big-endian uint16.

    Source: c2sp.org/tlog-tiles, "Log entries". Example: [b"a", b"bc"] gives 0001 61 0002 6263. Raises Malformed.
    """
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Malformed(what="entry", reason=f"{len(entry)} bytes; at most {MAX_ENTRY_BYTES} fit")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(bundle: bytes, *, width: int) -> list[bytes]:
    """The `width` entries of a bundle; raises Malformed if it holds fewer, more, or half an entry."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle) and len(entries) < width:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > len(bundle) or at > len(bundle):
            raise Malformed(what="entry bundle", reason=f"entry {len(entries)} is cut short")
        entries.append(bundle[start:at])
    if at != len(bundle) or len(entries) != width:
        raise Malformed(what="entry bundle", reason=f"it does not hold exactly {width} entries")
    return entries
