"""What votes write to the ledger: the public and the audit payload of one event."""

from __future__ import annotations

import hmac
import os
from base64 import b64encode

from touchstone.ledger.actions import queue_row
from touchstone.readers.models import new_id
from touchstone.transparency import make_payload
from touchstone.votes.ballots import Ballot, Kind

NONCE_BYTES = 32


def vote_row(ballot: Ballot, *, kind: Kind, version_sha256: str, nonces: bytes) -> tuple[object, ...]:
    """The ledger's queue row for one acknowledged ballot, in the order of `ledger.actions.queue_row`.

    nonces : 64 random bytes; drawn for a whole group at once, as each call into the system costs
    Put together by hand because this runs for every vote; a test holds it to the ledger's own writers.
    """
    reader = story_pseudonym(ballot.reader, ballot.story)
    site = site_pseudonym(ballot.reader)
    return (
        kind,
        _public(ballot, reader, version_sha256).encode(),
        nonces[:NONCE_BYTES],
        _audit(ballot, site).encode(),
        nonces[NONCE_BYTES:],
        ballot.key,
        site,
        ballot.at_ms,
    )


def key_row(ballot: Ballot) -> tuple[object, ...]:
    """The queue row that registers the key of a signed ballot, for whoever audits: in the open it only says `key`."""
    if ballot.signature is None:
        raise ValueError("an unsigned ballot registers no key")
    site = site_pseudonym(ballot.reader)
    key = b64encode(ballot.signature.public_key).decode()
    return queue_row(
        "register",
        make_payload({"at": ballot.at_ms // 1000, "subject": "key"}),
        at_ms=ballot.at_ms,
        reference=new_id(),
        audit=make_payload({"key": key, "reader": site}),
        subject=site,
    )


def draw_nonces(count: int) -> list[bytes]:
    """Fresh nonces for so many rows."""
    drawn = os.urandom(2 * NONCE_BYTES * count)
    return [drawn[place : place + 2 * NONCE_BYTES] for place in range(0, len(drawn), 2 * NONCE_BYTES)]


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
