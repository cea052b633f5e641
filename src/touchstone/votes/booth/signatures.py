"""Signatures that a reader's browser makes with a key that the site never sees."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from touchstone.transparency import is_signed_by, token_digest, vote_text
from touchstone.votes.ballots import Ballot, Signature
from touchstone.votes.booth.store import Store
from touchstone.votes.booth.tokens import Nonce
from touchstone.votes.entries import key_row
from touchstone.votes.errors import BadSignature


def read_signature(wish: dict[str, Any], nonce: Nonce, *, origin: str) -> Signature | None:
    """The verified signature under a vote; None if the vote is not signed. Raises BadSignature.

    Whether the version that was signed is the one voted on is seen when the vote is counted.
    """
    if wish["public_key"] is None and wish["signature"] is None:
        return None
    public_key, value, digest = _decoded(wish["public_key"]), _decoded(wish["signature"]), token_digest(wish["nonce"])
    version = None if wish["vote"] is None else wish["version_sha256"]
    site = origin.partition("://")[2]
    text = vote_text(site=site, story=nonce.story, version=version, choice=wish["vote"], nonce=digest)
    if not is_signed_by(public_key, value, text):
        raise BadSignature
    return Signature(public_key, value, digest, version)


def register_keys(store: Store, ballots: Sequence[Ballot]) -> list[tuple[Any, ...]]:
    """Note keys that sign for the first time; the ledger's rows that say so, which go before the votes' own."""
    signed = {(ballot.reader, digest_of(ballot)): ballot for ballot in reversed(ballots) if ballot.signature}
    if not signed:
        return []
    known = {
        (store.text_id(reader), digest)
        for reader, digest in store.rows(
            "SELECT reader_id, digest FROM readers_readerkey WHERE reader_id IN %uuids",
            sorted({reader for reader, _digest in signed}),
        )
    }
    fresh = {place: ballot for place, ballot in signed.items() if place not in known}
    if fresh:
        store.write(
            "INSERT INTO readers_readerkey (reader_id, digest, first_used_at_ms) VALUES (%s, %s, %s)",
            [(*place, ballot.at_ms) for place, ballot in fresh.items()],
        )
    return [key_row(ballot) for ballot in fresh.values()]


def digest_of(ballot: Ballot) -> str:
    """SHA-256 of the key that signed a ballot, in hex."""
    return sha256(ballot.signature.public_key if ballot.signature else b"").hexdigest()


def _decoded(text: str | None) -> bytes:
    try:
        return b64decode(text or "", validate=True)
    except ValueError as err:
        raise BadSignature from err
