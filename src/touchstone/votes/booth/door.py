"""The vote door: every check between an HTTP request and the booth, and the answer that goes back."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings

from touchstone.readers.models import new_id
from touchstone.votes.ballots import Answer, Ballot, Question, Recorded
from touchstone.votes.booth.quotas import AddressKeys, Buckets, Rate
from touchstone.votes.booth.requests import VoteRequest, read_key, read_story, read_wish, require_same_site
from touchstone.votes.booth.signatures import read_signature
from touchstone.votes.booth.tokens import (
    Nonce,
    binding_of,
    issue_nonce,
    read_nonce,
    read_reader_key,
    write_reader_key,
)
from touchstone.votes.errors import BadReaderKey, NonceForged, ReaderClaimed, StoryChanged

COOKIE = "touchstone_reader"
FRESH_COOKIE = "touchstone_fresh"
COOKIE_AGE_S = 400 * 24 * 3600
RENEW_AFTER_S = 30 * 24 * 3600
TOKENS_PER_VOTE = 4


@dataclass(frozen=True, slots=True)
class Carried:
    """The reader that a request's cookie names; the cookie's value, and a Set-Cookie header if it has to be set."""

    reader: uuid.UUID
    value: str
    is_new: bool
    set_cookie: str | None


class Quotas:
    """All limits of one process."""

    def __init__(self) -> None:
        minute, hour = 60.0, 3600.0
        per_address = settings.VOTES_PER_ADDRESS_MINUTE
        self.address = AddressKeys()
        self.votes_of_reader = Buckets(Rate(settings.VOTES_PER_READER_MINUTE, minute), of="reader")
        self.votes_of_address = Buckets(Rate(per_address, minute), of="address")
        self.forms_of_address = Buckets(Rate(settings.FORM_VOTES_PER_ADDRESS_MINUTE, minute), of="address")
        self.tokens_of_address = Buckets(Rate(TOKENS_PER_VOTE * per_address, minute), of="address")
        self.readers_of_address = Buckets(Rate(settings.NEW_READERS_PER_ADDRESS_HOUR, hour), of="address")


class VoteDoor:
    """Checks requests. Every method raises a VoteRefused for what it does not let in."""

    def __init__(self, quotas: Quotas) -> None:
        self.quotas = quotas
        self._own_origin = settings.SITE_ORIGIN
        self._session_cookie = settings.SESSION_COOKIE_NAME

    def ballot(self, request: VoteRequest) -> Ballot:
        """The ballot that a POST asks for, after every check that needs no database."""
        story = read_story(request.story)
        require_same_site(request, own_origin=self._own_origin)
        wish = read_wish(request)
        now = time.time()
        nonce = read_nonce(wish["nonce"], now_s=now)
        if nonce.story != story or nonce.door == "form":
            raise NonceForged
        self._require_bearer(request.header(b"cookie"), nonce)
        nonce.check_work(wish["solution"])
        self.quotas.votes_of_reader.take(nonce.reader, now_s=now)
        self.quotas.votes_of_address.take(self.quotas.address(request.address), now_s=now)
        if wish["version"] is not None and wish["version"] != nonce.number:
            raise StoryChanged(story)
        return Ballot(
            key=read_key(request.header(b"idempotency-key"), reader=nonce.reader, nonce=nonce.id),
            nonce=nonce.id.hex(),
            reader=nonce.reader.hex(),
            story=story,
            version=nonce.version,
            choice=wish["vote"],
            at_ms=int(now * 1000),
            door=nonce.door,
            signature=read_signature(wish, nonce, origin=self._own_origin),
        )

    def ask_token(self, request: VoteRequest) -> tuple[Question, Carried]:
        """What to look up for a GET of a token by a reader without an account."""
        story = read_story(request.story)
        require_same_site(request, own_origin=self._own_origin)
        now = time.time()
        address = self.quotas.address(request.address)
        self.quotas.tokens_of_address.take(address, now_s=now)
        carried = read_carried(request.header(b"cookie"), now_s=int(now))
        if carried.is_new:
            self.quotas.readers_of_address.take(address, now_s=now)
        return Question(story, carried.reader.hex), carried

    def token(self, answer: Answer, carried: Carried) -> tuple[dict[str, object], str | None]:
        """The token's JSON and the cookie to set, if any. Raises what `unclaimed` raises."""
        carried, answer = unclaimed(carried, answer)
        nonce = issue_nonce(
            reader=carried.reader,
            answer=answer,
            cookie=carried.value,
            now_s=int(time.time()),
            door="script",
            work=settings.VOTE_WORK,
        )
        return token_json(nonce, answer), carried.set_cookie

    def _require_bearer(self, cookies: str, nonce: Nonce) -> None:
        name = self._session_cookie if nonce.door == "account" else COOKIE
        value = cookie_value(cookies, name)
        if value is not None and binding_of(value) == nonce.binding:
            return
        if value is not None and name == COOKIE:
            read_reader_key(value)  # says so if the cookie itself is forged
        raise NonceForged


def unclaimed(carried: Carried, answer: Answer) -> tuple[Carried, Answer]:
    """The key that a reader without an account votes with: a new one in place of one that an account has claimed.

    Raises ReaderClaimed where that account has voted, so that nobody votes twice by signing out.
    """
    if not answer.is_claimed:
        return carried, answer
    if answer.choice is not None:
        raise ReaderClaimed
    return new_carried(int(time.time())), replace(answer, is_claimed=False, choice=None, event=None)


def new_carried(now_s: int) -> Carried:
    """A reader who has not voted yet, with a key to give them."""
    reader = new_id()
    value = write_reader_key(reader, at_s=now_s)
    return Carried(reader, value, is_new=True, set_cookie=reader_cookie(value))


def read_carried(cookies: str, *, now_s: int) -> Carried:
    """The reader in the cookie; a new one where there is none or a forged one."""
    value = cookie_value(cookies, COOKIE)
    if value is None:
        return new_carried(now_s)
    try:
        reader, made_s = read_reader_key(value)
    except BadReaderKey:
        return new_carried(now_s)
    if now_s - made_s <= RENEW_AFTER_S:
        return Carried(reader, value, is_new=False, set_cookie=None)
    value = write_reader_key(reader, at_s=now_s)
    return Carried(reader, value, is_new=False, set_cookie=reader_cookie(value))


def cookie_value(cookies: str, name: str) -> str | None:
    """The value of a cookie in a Cookie header."""
    if name not in cookies:
        return None
    for part in cookies.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return None


def reader_cookie(value: str) -> str:
    """A Set-Cookie header that gives a reader their key."""
    secure = "; Secure" if urlsplit(settings.SITE_ORIGIN).scheme == "https" else ""
    return f"{COOKIE}={value}; Max-Age={COOKIE_AGE_S}; Path=/; HttpOnly; SameSite=Lax{secure}"


def token_json(nonce: Nonce, answer: Answer) -> dict[str, object]:
    """What vote-token answers."""
    return {
        "nonce": nonce.write(),
        "challenge": nonce.challenge(),
        "version": nonce.number,
        "version_sha256": answer.sha256,
        "site": settings.SITE_ORIGIN.partition("://")[2],
        "expires_in_s": settings.VOTE_TOKEN_LIFETIME_S,
        "vote": answer.choice,
        "receipt": receipt_address(answer.event),
        "is_account": nonce.door == "account",
    }


def receipt_address(event: str | None) -> str | None:
    """Where the receipt of an event can be fetched, as soon as the ledger has placed it."""
    if event is None:
        return None
    return f"/log/receipt/{event[:8]}-{event[8:12]}-{event[12:16]}-{event[16:20]}-{event[20:]}"


def receipt_of(recorded: Recorded) -> str | None:
    """Where the receipt of a recorded vote can be fetched."""
    return receipt_address(recorded.event)
