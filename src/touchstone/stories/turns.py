"""Lets writers of one page go in turn: each reads the page only once the one before has written it whole.

A form that was read before a publication and is saved after it would write the page back as it was: a draft. The desk
saves drafts by itself while an editor is about to approve, so this happens in earnest.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

DESK = "/desk/"
# What the desk's addresses call a page that a form may change, or under which it may put one.
PAGE_ARGUMENTS = ("page_id", "story_id", "parent_page_id", "page_to_move_id", "destination_id")
BULK_ARGUMENT = "id"
SLOTS = 64
ADVISORY_LOCK = 0x7653_5047  # of PostgreSQL, beside the ledger's and the worker's own


class TakeTurns:
    """Middleware: forms that change the same page are worked on one after the other, whichever process has them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Wait until nobody else changes the pages that a form of the desk is about, then let it through."""
        if request.method != "POST" or not request.path.startswith(DESK):
            return None
        pages = {int(kwargs[name]) for name in PAGE_ARGUMENTS if name in kwargs}
        pages |= {int(each) for each in request.GET.getlist(BULK_ARGUMENT) if each.isdecimal() and len(each) < 10}
        with turn(pages):
            return view(request, *args, **kwargs)


@contextmanager
def turn(page_ids: Iterable[int]) -> Iterator[None]:
    """Hold the turn of these pages, after waiting for it; take it before you read what you are going to change."""
    take = _in_database if connection.vendor == "postgresql" else _in_file
    with ExitStack() as held:
        # In one order, so that two who want the same pages never wait for each other.
        for slot in sorted({page_id % SLOTS for page_id in page_ids}):
            held.enter_context(take(slot))
        yield


@contextmanager
def _in_database(slot: int) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [ADVISORY_LOCK, slot])
    try:
        yield
    finally:
        # If the connection broke, the lock went with it.
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [ADVISORY_LOCK, slot])


@contextmanager
def _in_file(slot: int) -> Iterator[None]:
    folder = Path(settings.DATA_DIR) / "turns"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder / f"{slot}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
