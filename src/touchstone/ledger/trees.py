"""The tree of a log as its rows give it: size, tiles, roots and proofs."""

from __future__ import annotations

from django.db.models import Max

from touchstone.ledger.models import Log, LogEntry, Tile
from touchstone.transparency import (
    HASH_SIZE,
    TILE_WIDTH,
    NodeSource,
    TilePath,
    leaf_hash,
    node_source,
    range_hash,
    tile_root,
)

TILE_BYTES = TILE_WIDTH * HASH_SIZE


def log_size(log: Log) -> int:
    """Number of entries that have a place in the log."""
    last: int | None = LogEntry.objects.filter(log=log).aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def leaves(log: Log, start: int, end: int) -> list[bytes]:
    """Entries [start, end) as they stand in the log, in order."""
    rows = LogEntry.objects.filter(log=log, index__gte=start, index__lt=end).order_by("index")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def read_tile(log: Log, path: TilePath) -> bytes:
    """A tile's hashes, `path.width` of them; full tiles are kept, partial ones made from what lies below."""
    if not isinstance(path.level, int):
        raise TypeError(f"{path} is no hash tile")
    kept = Tile.objects.filter(log=log, level=path.level, index=path.index).values_list("hashes", flat=True).first()
    if kept is not None:
        return bytes(kept)[: path.width * HASH_SIZE]
    return _hashes_below(log, path.level, path.index * TILE_WIDTH, path.width)


def nodes(log: Log, size: int) -> NodeSource:
    """Hashes of complete subtrees among the first `size` entries."""
    return node_source(lambda path: read_tile(log, path), size)


def root_of(log: Log, size: int) -> bytes:
    """RFC 6962 root of the first `size` entries."""
    return range_hash(0, size, nodes(log, size))


def complete_tiles(log: Log, *, old_size: int, fresh_leaves: list[bytes]) -> list[Tile]:
    """The full tiles, unsaved, that come to be when leaves are added after the first `old_size`; lowest level first.

    Rows of the new leaves need not be there yet, but all earlier ones and their tiles must be.
    """
    fresh = [leaf_hash(leaf) for leaf in fresh_leaves]
    made: list[Tile] = []
    level, start = 0, old_size
    while (start + len(fresh)) // TILE_WIDTH > start // TILE_WIDTH:
        first = start // TILE_WIDTH
        held = _hashes_below(log, level, first * TILE_WIDTH, start % TILE_WIDTH)
        run = held + b"".join(fresh)
        tiles = [
            _tile(log, level, first + number, run[number * TILE_BYTES : (number + 1) * TILE_BYTES])
            for number in range(len(run) // TILE_BYTES)
        ]
        made += tiles
        fresh = [bytes(tile.root) for tile in tiles]
        level, start = level + 1, first
    return made


def _tile(log: Log, level: int, index: int, hashes: bytes) -> Tile:
    return Tile(log=log, level=level, index=index, hashes=hashes, root=tile_root(hashes))


def _hashes_below(log: Log, level: int, start: int, count: int) -> bytes:
    if not count:
        return b""
    if level == 0:
        return b"".join(leaf_hash(leaf) for leaf in leaves(log, start, start + count))
    rows = Tile.objects.filter(log=log, level=level - 1, index__gte=start, index__lt=start + count).order_by("index")
    return b"".join(bytes(root) for root in rows.values_list("root", flat=True))
