"""What votes write to the ledger: the public and the audit payload of one event."""

from __future__ import annotations

import hmac
from base64 import b64encode
from uuid import UUID

from touchstone.ledger.actions import queue_row
from touchstone.votes.ballots import Ballot, Kind


def vote_row(ballot: Ballot, *, kind: Kind, version_sha256: str) -> tuple[object, ...]:
    """The ledger's queue row for one acknowledged ballot.

    The payloads are put together by hand because this runs for every vote; a test holds them to the ledger's writers.
    """
    reader = story_pseudonym(ballot.reader, ballot.story)
    site = site_pseudonym(ballot.reader)
    return queue_row(
        kind,
        _public(ballot, reader, version_sha256).encode(),
        at_ms=ballot.at_ms,
        reference=UUID(ballot.key),
        audit=_audit(ballot, site).encode(),
        subject=site,
    )


def _public(ballot: Ballot, reader: str, version_sha256: str) -> str:
    at_s = ballot.at_ms // 1000
    if ballot.choice is None:
        return f'{{"at":{at_s},"reader":"{reader}","story":{ballot.story}}}'
    signed = "true" if ballot.signature else "false"
    return (
        f'{{"at":{at_s},"choice":"{ballot.choice}","reader":"{reader}","signed":{signed},'
        f'"story":{ballot.story},"version":"{version_sha256}"}}'
    )


def _audit(ballot: Ballot, site: str) -> str:
    if ballot.signature is None:
        return f'{{"key":null,"nonce":"","reader":"{site}","signature":null}}'
    key = b64encode(ballot.signature.public_key).decode()
    value = b64encode(ballot.signature.value).decode()
    return f'{{"key":"{key}","nonce":"{ballot.signature.nonce}","reader":"{site}","signature":"{value}"}}'


def story_pseudonym(reader: str, story: int) -> str:
    """Who voted, as seen from one story: 64 hex digits that no other story shows.

    reader : hex of the reader's UUID; its 74 random bits are the key, which erasing the reader destroys
    """
    return hmac.digest(bytes.fromhex(reader), b"touchstone/pseudonym/v1 story %d" % story, "sha256").hex()


def site_pseudonym(reader: str) -> str:
    """Who voted, as seen from the whole site; opened to auditors only."""
    return hmac.digest(bytes.fromhex(reader), b"touchstone/pseudonym/v1 site", "sha256").hex()
