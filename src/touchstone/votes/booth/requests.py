"""Reads a vote from an HTTP request, trusting nothing in it."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from touchstone.votes.errors import BadRequest, CrossSite, LooksAutomated

LARGEST_BODY = 4096
LARGEST_STORY = 2**31 - 1
LARGEST_SOLUTION = 2**32
MEMBERS = {"vote", "nonce", "solution", "version", "website", "public_key", "signature"}
LONGEST_KEY = 128
WANTED_HEADERS = {
    b"content-type",
    b"cookie",
    b"host",
    b"idempotency-key",
    b"origin",
    b"sec-fetch-site",
}


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """The parts of an HTTP request that a vote depends on; header names in lower case."""

    story: str
    headers: dict[bytes, bytes]
    body: bytes
    address: str
    scheme: str

    def header(self, name: bytes) -> str:
        """A header's text; empty if it is absent."""
        return self.headers.get(name, b"").decode("latin-1")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a vote's body says."""

    choice: Any
    nonce: str | None
    solution: int | None
    version: int | None
    public_key: str | None
    signature: str | None


def read_story(text: str) -> int:
    """The story's number from the address. Raises BadRequest for anything but a plain positive number."""
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not 0 < int(text) <= LARGEST_STORY:
        raise BadRequest("unknown_story", "A story's number is a whole number above 0.", status=404, field="story_id")
    return int(text)


def require_same_site(headers: dict[bytes, bytes], *, own_origins: frozenset[str]) -> None:
    """Raise CrossSite if a browser says that another site sent this.

    Programs that send neither header are let through: they hold no reader's cookie unless the reader gave it to them.
    """
    if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
        raise CrossSite
    origin = headers.get(b"origin")
    if origin is not None and origin.decode("latin-1") not in own_origins:
        raise CrossSite


def read_wish(request: VoteRequest) -> Wish:
    """The vote that the body asks for. Raises BadRequest or LooksAutomated."""
    kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise BadRequest("wrong_content_type", "Send the vote as application/json.", status=415, field="Content-Type")
    if len(request.body) > LARGEST_BODY:
        raise body_too_large()
    members = _read_object(request.body)
    if members.get("website"):
        raise LooksAutomated
    unknown = sorted(set(members) - MEMBERS)
    if unknown:
        raise BadRequest("unknown_member", f"There is no member {unknown[0][:40]!r} in a vote.", status=422)
    if "vote" not in members or members["vote"] not in ("real", "fake", None):
        raise BadRequest("bad_vote", 'The vote is "real", "fake" or null.', status=422, field="vote")
    return Wish(
        choice=members["vote"],
        nonce=_text(members, "nonce"),
        solution=_number(members, "solution"),
        version=_number(members, "version"),
        public_key=_text(members, "public_key"),
        signature=_text(members, "signature"),
    )


def body_too_large() -> BadRequest:
    """The error for a body over the limit."""
    return BadRequest("body_too_large", f"A vote has at most {LARGEST_BODY:,} bytes.", status=413)


def read_key(text: str, *, reader: uuid.UUID, nonce: uuid.UUID) -> str:
    """The event's UUID, as hex, from the Idempotency-Key header; the token's own where there is none.

    A UUID is taken as it is; any other text of visible characters is hashed together with the reader.
    Raises BadRequest.
    """
    if not text:
        return nonce.hex
    if len(text) > LONGEST_KEY or not text.isascii() or not text.isprintable():
        message = f"An Idempotency-Key has at most {LONGEST_KEY} visible ASCII characters; a UUID is best."
        raise BadRequest("bad_idempotency_key", message, status=422, field="Idempotency-Key")
    if len(text) == 36:
        try:
            return uuid.UUID(text).hex
        except ValueError:
            pass
    return hashlib.sha256(reader.bytes + text.encode()).hexdigest()[:32]


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body.decode("utf-8"), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as err:
        raise BadRequest("bad_json", "The body is not JSON in UTF-8 with each member once.") from err
    if not isinstance(members, dict):
        raise BadRequest("bad_json", 'The body is a JSON object such as {"vote": "real"}.', status=422)
    return members


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > 1024):
        raise BadRequest(f"bad_{name}", f"The member {name} is a short text.", status=422, field=name)
    return value


def _number(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SOLUTION:
        raise BadRequest(f"bad_{name}", f"The member {name} is a whole number.", status=422, field=name)
    return value
