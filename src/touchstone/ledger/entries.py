"""What the ledger and its neighbours write into the log: payloads, one function for each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from touchstone.transparency import Json, make_payload

VOTE_KINDS = ("vote", "revote", "retract")


def version_payload(*, story: int, version: str, at_s: int) -> bytes:
    """`register`: this version of a story was published; votes on it may follow.

    version : SHA-256 of the version's content, 64 hex digits
    """
    return make_payload({"at": at_s, "story": story, "subject": "version", "version": version})


def vote_payload(*, story: int, version: str, reader: str, choice: str, is_signed: bool, at_s: int) -> bytes:
    """`vote` and `revote`, in the open: which version, under which pseudonym, what, when.

    reader : HMAC-SHA-256 of the story under the reader's secret, 64 hex digits; other stories show another one
    """
    return make_payload(
        {"at": at_s, "choice": choice, "reader": reader, "signed": is_signed, "story": story, "version": version}
    )


def retract_payload(*, story: int, reader: str, at_s: int) -> bytes:
    """`retract`, in the open: the vote under this pseudonym no longer stands."""
    return make_payload({"at": at_s, "reader": reader, "story": story})


def voter_payload(
    *, reader: str, public_key: str | None = None, signature: str | None = None, nonce: str = ""
) -> bytes:
    """The audit side of a vote: who, site-wide, and the reader's own signature where there is one.

    reader     : site pseudonym
    public_key : the reader's key in base64 (SubjectPublicKeyInfo), None for a vote without a key
    signature  : base64 over the vote as docs/reference/ledger-formats.md spells it
    """
    return make_payload({"key": public_key, "nonce": nonce, "reader": reader, "signature": signature})


def resolution_payload(
    *, story: int, outcome: str, evidence: str, at_s: int, replaces: UUID | None = None, is_withdrawn: bool = False
) -> bytes:
    """`resolve`, in the open: what the story turned out to be.

    evidence : SHA-256 of the evidence text, 64 hex digits
    replaces : reference of the resolution entry that this one overturns
    """
    fields: dict[str, Json] = {"at": at_s, "evidence": evidence, "outcome": outcome, "story": story}
    fields["replaces"] = str(replaces) if replaces else None
    fields["withdrawn"] = is_withdrawn
    return make_payload(fields)


def signers_payload(*, signers: Iterable[str]) -> bytes:
    """The audit side of a resolution: pseudonyms of the two people who signed."""
    return make_payload({"signers": list(signers)})


def params_payload(*, engine: str, parameters: Mapping[str, str | int | bool | None], at_s: int) -> bytes:
    """`params`: from here on figures come from this engine (digest of its code) with these parameters."""
    return make_payload({"at": at_s, "engine": engine, "parameters": dict(parameters)})


def index_payload(*, rows: Iterable[Mapping[str, Json]], engine: str, at_s: int) -> bytes:
    """`index`: figures published from all entries before this one.

    rows : {"story", "real", "fake", "figures"} and, where more than the counts entered, "basis"
    """
    return make_payload({"at": at_s, "engine": engine, "rows": [dict(row) for row in rows]})


def erasure_payload(*, entries: int, stories: Iterable[Mapping[str, int]], at_s: int) -> bytes:
    """`erase`: so many openings went, and what that takes from each story's standing votes.

    stories : {"story", "readers", "real", "fake"}; readers whose votes went, standing votes of each choice among them
    """
    return make_payload({"at": at_s, "entries": entries, "stories": [dict(row) for row in stories]})


def opening_of_log(*, vkey: str, previous: Mapping[str, Json] | None, at_s: int, reason: str) -> bytes:
    """`key-rotate` as a log's first entry: its key and the last tree head of the log before it."""
    return make_payload({"at": at_s, "previous": dict(previous) if previous else None, "reason": reason, "vkey": vkey})


def closing_of_log(*, next_origin: str, next_vkey: str, at_s: int) -> bytes:
    """`key-rotate` as a log's last entry: where it goes on, and under which key."""
    return make_payload({"at": at_s, "next": {"origin": next_origin, "vkey": next_vkey}})


def key_change_payload(*, vkey: str, at_s: int, reason: str) -> bytes:
    """`key-rotate` within a log: the key that signs from here on."""
    return make_payload({"at": at_s, "reason": reason, "vkey": vkey})
