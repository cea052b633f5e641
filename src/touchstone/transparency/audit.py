"""Check one published log: signature, quorum, growth, every tile, every entry, every opening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .checkpoint import Checkpoint, SignedCheckpoint
from .entries import Leaf, Opening
from .errors import Forked, MissingResource
from .openings import read_horizon, read_openings
from .policy import Policy
from .store import CHECKPOINT, LogReader, Store
from .tiles import TilePath

Progress = Callable[[int, int], None]
ALWAYS_OPEN = frozenset({"register", "resolve", "params", "index", "erase", "key-rotate"})


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One checked entry; `opening` is None where it was erased or is not published yet.

    is_due : its opening should be published by now, so that only an erasure explains its absence
    """

    index: int
    leaf: Leaf
    opening: Opening | None
    is_due: bool = True


def silent(_done: int, _total: int) -> None:
    """A progress report that reports nothing."""


def open_log(store: Store, policy: Policy, *, seen: Checkpoint | None = None) -> tuple[SignedCheckpoint, LogReader]:
    """The log's verified checkpoint, and a reader all of whose hash tiles were checked against it.

    seen : a checkpoint kept from an earlier visit; the log must have grown from it
    Raises Malformed, SignatureInvalid, Unsigned, WrongOrigin, QuorumMissed; MissingResource, TileMismatch,
    RootMismatch; with `seen` Stale, Forked.
    """
    signed = policy.open(store.read(CHECKPOINT))
    if seen is not None:
        signed.checkpoint.require_growth(seen)
    reader = LogReader(store, signed.checkpoint)
    reader.require_tree()
    if seen is not None and reader.root(seen.size) != seen.root:
        raise Forked(size=seen.size, first=seen.root, second=reader.root(seen.size))
    return signed, reader


def read_leaves(reader: LogReader, *, progress: Progress = silent) -> Iterator[tuple[int, Leaf]]:
    """Every entry's index and leaf, hashed and compared with the tree. Raises EntryMismatch, MissingResource."""
    for bundle in reader.bundles():
        for number, entry in enumerate(reader.entries(bundle)):
            index = bundle.start + number
            yield index, Leaf.parse(entry, index=index)
        progress(bundle.start + bundle.width, reader.checkpoint.size)


def read_entries(reader: LogReader, *, progress: Progress = silent) -> Iterator[LogEntry]:
    """Every entry with its public opening where one is published, checked against the leaf.

    Raises EntryMismatch, OpeningMismatch, MissingResource, Malformed.
    """
    opened = min(read_horizon(reader.store), reader.checkpoint.size)
    leaves = read_leaves(reader, progress=progress)
    for bundle in reader.bundles():
        for opening in _openings_of(reader.store, bundle):
            index, leaf = next(leaves)
            if opening is not None:
                leaf.require_opening(opening, index=index)
            yield LogEntry(index, leaf, opening, index < opened or leaf.kind in ALWAYS_OPEN)


def _openings_of(store: Store, bundle: TilePath) -> list[Opening | None]:
    try:
        return read_openings(store, bundle)
    except MissingResource:
        return [None] * bundle.width
