"""A whole site's logs, one after the other: each begins with the last tree head of the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .audit import LogEntry, Progress, open_log, read_entries, silent
from .checkpoint import Checkpoint
from .encoding import Json
from .entries import payload_fields
from .errors import Malformed, MissingResource, SuccessionBroken, WrongOrigin
from .note import VerifierKey
from .policy import Policy
from .store import CHECKPOINT, LogReader, Store

LOGS = "logs"
POLICY = "policy"
_MAX_LOGS = 1000


@dataclass(frozen=True, slots=True)
class Below:
    """A store whose paths all lie in one folder of another."""

    store: Store
    folder: str

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises MissingResource."""
        return self.store.read(f"{self.folder}/{path}")


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """One log of a site, checked: its checkpoint, who cosigned it, a reader over its tree, and all its entries."""

    name: str
    checkpoint: Checkpoint
    note: bytes
    witnesses: tuple[str, ...]
    reader: LogReader
    entries: tuple[LogEntry, ...]


def list_logs(store: Store) -> list[tuple[str, Store]]:
    """Name and files of every log below a site's prefix, oldest first; a single log's own prefix works too.

    Example of the file `logs`: b"2026 news.example/log/2026\\n2027 news.example/log/2027\\n".
    """
    try:
        listed = store.read(LOGS)
    except MissingResource:
        store.read(CHECKPOINT)
        return [("", store)]
    lines = listed.decode("utf-8", "replace").split("\n")
    names = [line.partition(" ")[0] for line in lines[:-1]]
    is_plain = all(name and not set(name) & set("/.\\%?#") for name in names)
    if lines[-1] or not 1 <= len(names) <= _MAX_LOGS or not is_plain:
        raise Malformed(what=LOGS, reason="not one line of name and origin for each log")
    return [(name, Below(store, name)) for name in names]


def open_site(
    store: Store, policy: Policy, *, seen: Checkpoint | None = None, progress: Progress = silent
) -> Iterator[OpenedLog]:
    """Every log of a site, oldest first: tree, entries and openings checked, and that each follows on the last.

    A key that a trusted log names as its successor's is trusted for that successor.
    seen : a checkpoint kept from an earlier visit to any of the logs
    Raises any TransparencyError.
    """
    trusted = replace(policy, logs=dict(policy.logs))
    before: OpenedLog | None = None
    was_seen = seen is None
    for name, files in list_logs(store):
        is_seen = seen is not None and _origin_of(files) == seen.origin
        signed, reader = open_log(files, trusted, seen=seen if is_seen else None)
        entries = tuple(read_entries(reader, progress=progress))
        opened = OpenedLog(name, signed.checkpoint, bytes(signed.note), trusted.cosigners(signed.note), reader, entries)
        if before is not None:
            _require_succession(before, opened)
        _trust_successor(trusted, opened)
        before, was_seen = replace(opened, entries=entries[-1:]), was_seen or is_seen
        yield opened
    if seen is not None and before is not None and not was_seen:
        raise WrongOrigin(expected=seen.origin, found=before.checkpoint.origin)


def fields_of(entry: LogEntry) -> dict[str, Json]:
    """The members of an entry's payload; none while it is not published. Raises Malformed."""
    return dict(payload_fields(entry.opening.payload)) if entry.opening is not None else {}


def _origin_of(files: Store) -> str:
    return files.read(CHECKPOINT).partition(b"\n")[0].decode("utf-8", "replace")


def _require_succession(before: OpenedLog, after: OpenedLog) -> None:
    previous = fields_of(after.entries[0]).get("previous") if after.entries else None
    origin = after.checkpoint.origin
    if not isinstance(previous, dict) or previous.get("origin") != before.checkpoint.origin:
        raise SuccessionBroken(origin=origin, reason=f"its first entry does not name {before.checkpoint.origin}")
    size, root = previous.get("size"), previous.get("root")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= before.checkpoint.size:
        raise SuccessionBroken(origin=origin, reason=f"it names {size!r} entries of the log before")
    if size != before.checkpoint.size and "kept" not in previous:
        raise SuccessionBroken(origin=origin, reason=f"it drops the entries from {size} on without owning up to it")
    if before.reader.root(size).hex() != root:
        raise SuccessionBroken(origin=origin, reason=f"it names another root for {size} entries of the log before")
    named = _successor(before)
    if named is not None and named.get("origin") != origin:
        raise SuccessionBroken(origin=origin, reason=f"the log before names {named.get('origin')!r} as the next")


def _trust_successor(trusted: Policy, log: OpenedLog) -> None:
    named = _successor(log)
    if named is not None and isinstance(vkey := named.get("vkey"), str):
        trusted.logs[vkey] = VerifierKey.parse(vkey)


def _successor(log: OpenedLog) -> dict[str, Json] | None:
    if not log.entries or log.entries[-1].leaf.kind != "key-rotate":
        return None
    named = fields_of(log.entries[-1]).get("next")
    return named if isinstance(named, dict) else None
