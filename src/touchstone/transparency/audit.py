"""Check a whole published log: signature, quorum, growth, every tile, every entry, every opening."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .checkpoint import Checkpoint, SignedCheckpoint
from .entries import Leaf, Opening
from .errors import Forked, MissingResource, OpeningsWithheld
from .openings import read_horizon, read_openings
from .policy import Policy
from .store import CHECKPOINT, LogReader, Store
from .tiles import TilePath

Progress = Callable[[int, int], None]
ALWAYS_OPEN = frozenset({"register", "resolve", "params", "index", "erase", "key-rotate"})


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One checked entry; `opening` is None where it was erased or is not published yet."""

    index: int
    leaf: Leaf
    opening: Opening | None


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """A log whose tree and entries all held."""

    checkpoint: Checkpoint
    witnesses: tuple[str, ...]
    grew_from: Checkpoint | None


def _silent(_done: int, _total: int) -> None:
    return


def verify_log(store: Store, policy: Policy, *, seen: bytes | None = None, progress: Progress = _silent) -> CheckedLog:
    """Check a published log from its files, trusting only the policy's keys.

    seen : a signed checkpoint kept from an earlier visit; the log must have grown from it
    Raises Malformed, SignatureInvalid, Unsigned, WrongOrigin, QuorumMissed; with `seen` Stale, Forked; then
    MissingResource, TileMismatch, RootMismatch, EntryMismatch.
    """
    signed = policy.open(store.read(CHECKPOINT))
    earlier = policy_checkpoint(policy, seen) if seen is not None else None
    if earlier is not None:
        signed.checkpoint.require_growth(earlier)
    reader = LogReader(store, signed.checkpoint)
    reader.require_tree()
    if earlier is not None and reader.root(earlier.size) != earlier.root:
        raise Forked(size=earlier.size, first=earlier.root, second=reader.root(earlier.size))
    for _entry in read_leaves(reader, progress=progress):
        pass
    return CheckedLog(signed.checkpoint, policy.cosigners(signed.note), earlier)


def policy_checkpoint(policy: Policy, data: bytes) -> Checkpoint:
    """An earlier checkpoint, verified under the log's key only: its cosignatures may have come later."""
    return Policy(logs=policy.logs).open(data).checkpoint


def open_log(store: Store, policy: Policy) -> tuple[SignedCheckpoint, LogReader]:
    """The log's verified checkpoint, and a reader whose hash tiles were all checked against it."""
    signed = policy.open(store.read(CHECKPOINT))
    reader = LogReader(store, signed.checkpoint)
    reader.require_tree()
    return signed, reader


def read_leaves(reader: LogReader, *, progress: Progress = _silent) -> Iterator[tuple[int, Leaf]]:
    """Every entry's index and leaf, hashed and compared with the tree. Raises EntryMismatch, MissingResource."""
    for bundle in reader.bundles():
        for number, entry in enumerate(reader.entries(bundle)):
            index = bundle.start + number
            yield index, Leaf.parse(entry, index=index)
        progress(bundle.start + bundle.width, reader.checkpoint.size)


def read_entries(reader: LogReader, *, progress: Progress = _silent) -> Iterator[LogEntry]:
    """Every entry with its public opening where one is published, checked against the leaf.

    Raises EntryMismatch, OpeningMismatch, MissingResource, Malformed.
    """
    openings: list[Opening | None] = []
    bundle: TilePath | None = None
    bundles = {path.start: path for path in reader.bundles()}
    for index, leaf in read_leaves(reader, progress=progress):
        bundle = bundles.get(index, bundle)
        if bundle is not None and index == bundle.start:
            openings = _openings_of(reader.store, bundle)
        opening = openings.pop(0)
        if opening is not None:
            leaf.require_opening(opening, index=index)
        yield LogEntry(index, leaf, opening)


def require_accounted(missing: list[int], *, erased: int) -> None:
    """Raise OpeningsWithheld if more openings are missing than erase entries account for."""
    if len(missing) > erased:
        raise OpeningsWithheld(missing=len(missing), erased=erased, first=missing[0])


def horizon(store: Store, size: int) -> int:
    """Below which entry all openings should be there; never beyond the tree."""
    return min(read_horizon(store), size)


def _openings_of(store: Store, bundle: TilePath) -> list[Opening | None]:
    try:
        return read_openings(store, bundle)
    except MissingResource:
        return [None] * bundle.width
