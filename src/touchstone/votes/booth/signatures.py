"""Signatures that a reader's browser makes with a key that the site never sees."""

from __future__ import annotations

from typing import Any

from touchstone.votes.ballots import Signature
from touchstone.votes.booth.tokens import Nonce
from touchstone.votes.errors import BadRequest


def read_signature(wish: dict[str, Any], nonce: Nonce, *, origin: str) -> Signature | None:  # noqa: ARG001
    """The verified signature under a vote; None if the vote is not signed."""
    if wish["public_key"] is None and wish["signature"] is None:
        return None
    raise BadRequest("bad_signature", "Signed votes are not taken yet.", status=422, field="signature")
