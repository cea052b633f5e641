"""Who votes, as a Django request shows it: an account by its session, anybody else by the key cookie."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from touchstone.readers.actions import ensure_reader
from touchstone.readers.models import Reader
from touchstone.readers.queries import anonymous_reader, reader_of
from touchstone.votes.ballots import Door
from touchstone.votes.booth.door import COOKIE, Carried, read_carried
from touchstone.votes.booth.tokens import Nonce, binding_of
from touchstone.votes.errors import NonceForged


@dataclass(frozen=True, slots=True)
class Bearer:
    """A reader and the cookie that their one-time tokens are tied to.

    carried : what the key cookie says; None for an account
    """

    reader: UUID
    cookie: str
    carried: Carried | None = None

    @property
    def is_account(self) -> bool:
        """Whether a session vouches for the reader."""
        return self.carried is None

    def door(self, otherwise: Door) -> Door:
        """How this bearer's votes come in."""
        return "account" if self.is_account else otherwise

    def require(self, nonce: Nonce, *, story: int) -> None:
        """Raise NonceForged unless the token was made for this reader, cookie and story."""
        if (nonce.reader, nonce.binding, nonce.story) != (self.reader.bytes, binding_of(self.cookie), story):
            raise NonceForged

    def keep_cookie(self, response: HttpResponse) -> None:
        """Give a reader without an account their key, if it has to be set."""
        if self.carried is not None and self.carried.set_cookie:
            response.headers["Set-Cookie"] = self.carried.set_cookie


def bearer_of(request: HttpRequest) -> Bearer:
    """Who votes; an account gets its reader now if it has none."""
    if request.user.is_authenticated:
        reader = ensure_reader(request.user, at=timezone.now())
        return Bearer(reader.pk, request.session.session_key or "")
    return anonymous_bearer(read_carried(_cookies(request), now_s=int(time.time())))


def anonymous_bearer(carried: Carried) -> Bearer:
    """A reader with a key cookie."""
    return Bearer(carried.reader, carried.value, carried)


def known_reader(request: HttpRequest) -> Reader | None:
    """The reader behind a request if they have ever voted."""
    if request.user.is_authenticated:
        return reader_of(request.user)
    carried = read_carried(_cookies(request), now_s=int(time.time()))
    return None if carried.is_new else anonymous_reader(carried.reader)


def _cookies(request: HttpRequest) -> str:
    value = request.COOKIES.get(COOKIE)
    return f"{COOKIE}={value}" if value else ""


def address_of(request: HttpRequest) -> str:
    """The client's address, as the server in front gives it."""
    return str(request.META.get("REMOTE_ADDR", ""))
