"""The event streams' door, and what the edge itself learns from the messages that pass through."""

from __future__ import annotations

import ipaddress
import json
from datetime import datetime
from typing import Any

from touchstone.markets.stream import Hub
from touchstone.website.pages.bakery import Bakery

PAGE_EVENT = "page"
TRUST_EVENT = "trust"


class ListeningHub(Hub):
    """A hub that also tells the bakery which pages have changed; page events go no further than here."""

    def __init__(self, bakery: Bakery, **options: Any) -> None:
        super().__init__(**options)
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
    if event == TRUST_EVENT or told.get("change") == "figures":
        bakery.changed(path)
    elif told.get("change") == "withdrawn":
        bakery.withdrawn(path)
    else:
        bakery.published(path)


async def serve_stream(hub: Hub, scope: Any, receive: Any, send: Any) -> None:
    """Answer one request for the event stream."""
    last_id = next((value for name, value in scope["headers"] if name == b"last-event-id"), None)
    peer = address_prefix(scope["client"][0])
    await hub.serve(send, receive, last_event_id=last_id.decode("latin-1")[:64] if last_id else None, peer=peer)


def address_prefix(address: str) -> str:
    """What counts as one address: all of an IPv4 address, the first 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
