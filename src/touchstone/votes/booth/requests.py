"""Reads a vote from an HTTP request, trusting nothing in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from touchstone.votes.errors import BadRequest, CrossSite, LooksAutomated

LARGEST_BODY = 4096
LARGEST_STORY = 2**31 - 1
LARGEST_NUMBER = 2**32
LONGEST_TEXT = 1024
LONGEST_KEY = 128
TEXTS = ("nonce", "public_key", "signature", "version_sha256")
NUMBERS = ("solution", "version")
MEMBERS = frozenset({"vote", "website", *TEXTS, *NUMBERS})


@dataclass(slots=True)
class VoteRequest:
    """The parts of an HTTP request that a vote depends on; header names in lower case. Made for every vote."""

    story: str
    headers: dict[bytes, bytes]
    body: bytes
    address: str
    scheme: str

    def header(self, name: bytes) -> str:
        """A header's text; empty if it is absent."""
        return self.headers.get(name, b"").decode("latin-1")


def read_story(text: str) -> int:
    """The story's number from the address. Raises BadRequest for anything but a plain positive number."""
    if text.isascii() and text.isdigit() and len(text) <= 10:
        story = int(text)
        if 0 < story <= LARGEST_STORY:
            return story
    raise BadRequest("unknown_story", "A story's number is a whole number above 0.", status=404, field="story_id")


def require_same_site(request: VoteRequest, *, own_origin: str) -> None:
    """Raise CrossSite if a browser says that another site sent this.

    Programs that send neither header are let through: they hold no reader's cookie unless the reader gave it to them.
    """
    headers = request.headers
    if headers.get(b"sec-fetch-site", b"same-origin") != b"same-origin":
        raise CrossSite
    sent = headers.get(b"origin")
    if sent is None:
        return
    origin = sent.decode("latin-1")
    if origin not in (own_origin, f"{request.scheme}://{request.header(b'host')}"):
        raise CrossSite


def read_wish(request: VoteRequest) -> dict[str, Any]:
    """What the body asks for: every member that a vote may have, checked. Raises BadRequest or LooksAutomated."""
    kind = request.headers.get(b"content-type", b"")
    if kind != b"application/json" and kind.partition(b";")[0].strip().lower() != b"application/json":
        raise BadRequest("wrong_content_type", "Send the vote as application/json.", status=415, field="Content-Type")
    if len(request.body) > LARGEST_BODY:
        raise body_too_large()
    members = _read_object(request.body)
    if members.get("website"):
        raise LooksAutomated
    if not MEMBERS.issuperset(members):
        unknown = min(set(members) - MEMBERS)
        raise BadRequest("unknown_member", f"There is no member {unknown[:40]!r} in a vote.", status=422)
    if "vote" not in members or members["vote"] not in ("real", "fake", None):
        raise BadRequest("bad_vote", 'The vote is "real", "fake" or null.', status=422, field="vote")
    _check_members(members)
    return members


def body_too_large() -> BadRequest:
    """The error for a body over the limit."""
    return BadRequest("body_too_large", f"A vote has at most {LARGEST_BODY:,} bytes.", status=413)


def read_key(text: str, *, reader: bytes, nonce: bytes) -> str:
    """The event's UUID, as hex, from the Idempotency-Key header; the token's own where there is none.

    A UUID is taken as it is; any other text of visible characters is hashed together with the reader.
    Raises BadRequest.
    """
    if not text:
        return nonce.hex()
    if len(text) == 36 and text[8:24:5] == "----":
        try:
            made = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            made = b""
        if len(made) == 16:
            return made.hex()
    if len(text) > LONGEST_KEY or not text.isascii() or not text.isprintable():
        message = f"An Idempotency-Key has at most {LONGEST_KEY} visible ASCII characters; a UUID is best."
        raise BadRequest("bad_idempotency_key", message, status=422, field="Idempotency-Key")
    return hashlib.sha256(reader + text.encode()).hexdigest()[:32]


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


# Made once: json.loads with a hook builds a decoder for every call.
_DECODER = json.JSONDecoder(object_pairs_hook=_without_doubles)


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        members = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as err:
        raise BadRequest("bad_json", "The body is not JSON in UTF-8 with each member once.") from err
    if not isinstance(members, dict):
        raise BadRequest("bad_json", 'The body is a JSON object such as {"vote": "real"}.', status=422)
    return members


def _check_members(members: dict[str, Any]) -> None:
    for name in TEXTS:
        value = members.setdefault(name)
        if value is not None and (type(value) is not str or len(value) > LONGEST_TEXT or not value.isascii()):
            raise BadRequest(f"bad_{name}", f"The member {name} is a short text.", status=422, field=name)
    for name in NUMBERS:
        value = members.setdefault(name)
        if value is not None and (type(value) is not int or not 0 <= value <= LARGEST_NUMBER):
            raise BadRequest(f"bad_{name}", f"The member {name} is a whole number.", status=422, field=name)
