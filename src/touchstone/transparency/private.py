"""The private halves of a log's entries, as a sworn auditor gets them: commitments, readers' keys and signatures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .audit import LogEntry
from .entries import Opening, payload_fields
from .errors import OpeningsWithheld, VoteSignatureInvalid
from .openings import read_openings
from .signing import signer_of
from .site import Below, OpenedLog
from .store import Store

PRIVATE = "audit"


@dataclass(slots=True)
class PrivateHalves:
    """What the private halves showed.

    sealed : votes whose public half is not published yet, so that nothing could be compared with the signature
    unsigned_beside_key : unsigned votes of readers one of whose browsers had a registered key by then
    """

    checked: int = 0
    signed: int = 0
    unsigned: int = 0
    sealed: int = 0
    unsigned_beside_key: int = 0
    keys: set[tuple[str, str]] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)


def check_private(store: Store, logs: Iterable[OpenedLog]) -> PrivateHalves:
    """Check the private half of every entry that has one, log after log.

    Raises MissingResource or Malformed for the files, OpeningMismatch, OpeningsWithheld where a public half is there
    without its private one, VoteSignatureInvalid for a signature that does not fit or a key never registered.
    """
    found = PrivateHalves()
    for log in logs:
        files, site = Below(store, f"{PRIVATE}/{log.name}"), log.checkpoint.origin.partition("/")[0]
        for bundle in log.reader.bundles():
            entries = log.entries[bundle.start : bundle.start + bundle.width]
            for entry, private in zip(entries, read_openings(files, bundle), strict=True):
                _check_half(found, entry, private, site)
    return found


def _check_half(found: PrivateHalves, entry: LogEntry, private: Opening | None, site: str) -> None:
    if private is None:
        if entry.opening is not None and entry.leaf.commit_audit is not None:
            raise OpeningsWithheld(missing=1, erased=0, first=entry.index)
        return
    entry.leaf.require_opening(private, index=entry.index, which="audit")
    found.checked += 1
    members = payload_fields(private.payload)
    reader = str(members.get("reader"))
    if entry.leaf.kind == "register":
        found.keys.add((reader, str(members.get("key"))))
        found.holders.add(reader)
    elif entry.opening is None:
        found.sealed += 1
    elif entry.leaf.kind in ("vote", "revote", "retract"):
        _tell_signed(
            found, entry, signer_of(entry.leaf.kind, entry.opening.payload, private.payload, site, entry.index), reader
        )


def _tell_signed(found: PrivateHalves, entry: LogEntry, key: str | None, reader: str) -> None:
    if key is None:
        found.unsigned += 1
        found.unsigned_beside_key += reader in found.holders
        return
    if (reader, key) not in found.keys:
        raise VoteSignatureInvalid(index=entry.index, reason="its key was not registered for this reader before")
    found.signed += 1
