"""The event streams' door, and what the edge itself learns from the messages that pass through."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from touchstone.edge.answers import send_whole
from touchstone.edge.requests import address_prefix
from touchstone.markets.stream import Hub, HubLimits
from touchstone.markets.stream.hub import HEADERS
from touchstone.website.pages.bakery import Bakery
from touchstone.website.pages.changes import PAGE_EVENT, TRUST_EVENT


class ListeningHub(Hub):
    """A hub that also tells the bakery which pages have changed; page events go no further than here."""

    def __init__(self, bakery: Bakery, **options: Any) -> None:
        limits = HubLimits(streams=settings.STREAMS, streams_per_peer=settings.STREAMS_PER_ADDRESS)
        super().__init__(**{"limits": limits, **options})
        self._bakery = bakery

    def publish(self, event: str, data: str, *, at: datetime, message_id: str | None = None) -> None:
        """Send one message to every open stream, unless it is meant for the bakery only."""
        if event in {PAGE_EVENT, TRUST_EVENT}:
            tell_bakery(self._bakery, event, data)
        if event != PAGE_EVENT:
            super().publish(event, data, at=at, message_id=message_id)


def tell_bakery(bakery: Bakery, event: str, data: str) -> None:
    """Mark the pages that a message speaks of."""
    told = json.loads(data)
    path = told.get("path")
    if not path:
        return
    if event == TRUST_EVENT:
        bakery.changed(path)
    elif told.get("change") == "withdrawn":
        bakery.withdrawn(path)
    else:
        bakery.published(path)


async def serve_stream(hub: Hub, scope: Any, receive: Any, send: Any) -> None:
    """Answer one request for the event stream; HEAD with the headers alone."""
    if scope["method"] == "HEAD":
        await send_whole(send, 200, HEADERS, b"")
        return
    peer = address_prefix(scope["client"][0])
    await hub.serve(send, receive, last_event_id=last_event_id(scope), peer=peer)


def last_event_id(scope: Any) -> str | None:
    """Where a reader was: in the header that browsers send, or in `?after=`, which a script may set."""
    header = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), "")
    # parse_qs takes bytes too, but raises on any that are not ASCII once they are unquoted.
    asked = header or next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("after", [])), "")
    return asked[:64] or None
