"""The log's public files: from a path below /log/ to bytes and the headers to send them with."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from touchstone.ledger.models import Log, LogEntry, Opening
from touchstone.ledger.publishing import newest_published
from touchstone.ledger.sequencing import current_log
from touchstone.ledger.trees import leaves, read_tile
from touchstone.ledger.witnessing import public_policy
from touchstone.transparency import (
    ALWAYS_OPEN,
    CHECKPOINT,
    ENTRIES,
    HORIZON,
    OPENINGS,
    TILE_WIDTH,
    Malformed,
    TilePath,
    encode_bundle,
    encode_horizon,
    encode_openings,
)
from touchstone.transparency import Opening as Sealed

TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
AT_ONCE = "public, max-age=1, must-revalidate"
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Resource:
    """A public file of the log."""

    body: bytes
    content_type: str
    cache_control: str


def resource(path: str, *, at_ms: int) -> Resource | None:
    """The public file at a path below /log/; None if there is none.

    Without a log's name the current log is meant, and nothing is cacheable for long, because next year another log
    lies there. at_ms : the present, for openings that are published with a delay.
    """
    if path == "logs":
        return Resource(logs_file(), TEXT, A_MINUTE)
    if path == "policy":
        return Resource(public_policy().encode(), TEXT, A_MINUTE)
    name, _, rest = path.partition("/")
    log = Log.objects.filter(name=name).first()
    if log is not None:
        return log_resource(log, rest, at_ms=at_ms)
    log = current_log()
    found = log_resource(log, path, at_ms=at_ms) if log is not None else None
    return Resource(found.body, found.content_type, AT_ONCE) if found else None


def logs_file() -> bytes:
    """One line for each log, oldest first: its name and its origin."""
    logs = Log.objects.order_by("id").values_list("name", "origin")
    return "".join(f"{name} {origin}\n" for name, origin in logs).encode()


def log_resource(log: Log, path: str, *, at_ms: int) -> Resource | None:
    """One of a log's own files: checkpoint, openings, tile/…; None if the newest checkpoint does not call for it."""
    checkpoint = newest_published(log)
    if checkpoint is None:
        return None
    size = checkpoint.head.size
    if path == CHECKPOINT:
        return Resource(checkpoint.note, TEXT, AT_ONCE)
    if path == HORIZON:
        return Resource(encode_horizon(opened_below(log, size, at_ms=at_ms)), TEXT, A_MINUTE)
    try:
        tile = TilePath.parse(path)
    except Malformed:
        return None
    if not _is_within(tile, size):
        return None
    return _tile_resource(log, tile, size, at_ms=at_ms)


def opened_below(log: Log, size: int, *, at_ms: int) -> int:
    """Below which entry every opening is published: whole bundles older than the delay, everything older than a day.

    Publishing in bundles keeps an opening from being tied to the minute in which its reader was seen to vote.
    """
    delay_ms = settings.LEDGER_OPENINGS_DELAY_S * 1000
    if not delay_ms:
        return size
    whole = _older_than(log, size, at_ms - delay_ms) // TILE_WIDTH * TILE_WIDTH
    return max(whole, _older_than(log, size, at_ms - max(delay_ms, DAY_MS)))


def openings_in(log: Log, tile: TilePath, *, opened: int) -> list[Sealed | None]:
    """The openings of a bundle that are public: all below `opened`, and those that hide no reader."""
    rows = Opening.objects.filter(log=log, index__gte=tile.start, index__lt=tile.start + tile.width)
    kinds = dict(
        LogEntry.objects.filter(log=log, index__gte=tile.start, index__lt=tile.start + tile.width).values_list(
            "index", "kind"
        )
    )
    found: list[Sealed | None] = [None] * tile.width
    for index, payload, nonce in rows.values_list("index", "public_payload", "public_nonce"):
        if index < opened or kinds[index] in ALWAYS_OPEN:
            found[index - tile.start] = Sealed(bytes(payload), bytes(nonce))
    return found


def _tile_resource(log: Log, tile: TilePath, size: int, *, at_ms: int) -> Resource:
    lasting = FOR_EVER if tile.width == TILE_WIDTH else A_MINUTE
    if tile.level == ENTRIES:
        bundle = encode_bundle(leaves(log, tile.start, tile.start + tile.width))
        return Resource(bundle, BINARY, lasting)
    if tile.level == OPENINGS:
        opened = opened_below(log, size, at_ms=at_ms)
        return Resource(encode_openings(openings_in(log, tile, opened=opened)), TEXT, A_MINUTE)
    return Resource(read_tile(log, tile), BINARY, lasting)


def _is_within(tile: TilePath, size: int) -> bool:
    hashes = size if isinstance(tile.level, str) else size >> 8 * tile.level
    return tile.index * TILE_WIDTH + tile.width <= hashes


def _older_than(log: Log, size: int, moment_ms: int) -> int:
    fresh = LogEntry.objects.filter(log=log, index__lt=size, sequenced_at_ms__gt=moment_ms)
    first: int | None = fresh.order_by("index").values_list("index", flat=True).first()
    return size if first is None else first
