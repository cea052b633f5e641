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
from touchstone.votes.booth.door import COOKIE, Carried, read_carried, reader_cookie
from touchstone.votes.booth.tokens import NO_SESSION, Nonce, binding_of
from touchstone.votes.errors import NonceForged


@dataclass(frozen=True, slots=True)
class Bearer:
    """A reader and what a one-time token is tied to.

    carried : what the key cookie says; None for an account
    """

    reader: UUID
    is_account: bool
    session: bytes = NO_SESSION
    carried: Carried | None = None

    def door(self, otherwise: Door) -> Door:
        """How this bearer's votes come in."""
        return "account" if self.is_account else otherwise

    def require(self, nonce: Nonce, *, story: int) -> None:
        """Raise NonceForged unless the token was made for this reader, session and story."""
        if (nonce.reader, nonce.session, nonce.story) != (self.reader, self.session, story):
            raise NonceForged

    def keep_cookie(self, response: HttpResponse) -> None:
        """Give a reader without an account their key, if it has to be set."""
        if self.carried is not None and self.carried.set_cookie:
            response.headers["Set-Cookie"] = reader_cookie(self.reader, now_s=int(time.time()))


def bearer_of(request: HttpRequest) -> Bearer:
    """Who votes; an account gets its reader now if it has none."""
    if request.user.is_authenticated:
        reader = ensure_reader(request.user, at=timezone.now())
        return Bearer(reader.pk, is_account=True, session=binding_of(request.session.session_key or ""))
    carried = read_carried(_cookies(request), now_s=int(time.time()))
    return Bearer(carried.reader, is_account=False, carried=carried)


def new_bearer(reader: UUID) -> Bearer:
    """A reader with a fresh key."""
    return Bearer(reader, is_account=False, carried=Carried(reader, is_new=True, set_cookie=True))


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
