"""Server-sent events as bytes: framing a message, and remembering the latest ones for readers who come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

PREAMBLE = b"retry: 3000\n\n"
HEARTBEAT = b"event: heartbeat\ndata: {}\n\n"
# A reader whose Last-Event-ID is no longer remembered must fetch the current figures anew.
RESYNC = b"event: resync\ndata: {}\n\n"
FAREWELL = b"retry: 2000\nevent: bye\ndata: {}\n\n"


@dataclass(frozen=True, slots=True)
class Message:
    """What one process announces to every open stream; `id` is its place in the common order."""

    id: str
    event: str
    data: str
    at: datetime


def frame(message: Message) -> bytes:
    """The message as the bytes of one server-sent event. Raises ValueError if id or event hold a line break."""
    if any(mark in text for text in (message.id, message.event) for mark in "\r\n\0"):
        raise ValueError("an event's id and name are one line each")
    lines = message.data.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "".join(f"data: {line}\n" for line in lines)
    return f"id: {message.id}\nevent: {message.event}\n{body}\n".encode()


@dataclass(frozen=True, slots=True)
class Framed:
    """A framed message with its running number in this hub."""

    number: int
    message: Message
    payload: bytes


class Ring:
    """The latest messages, by count and by age, for readers who reconnect with Last-Event-ID."""

    def __init__(self, *, max_messages: int, max_age: timedelta) -> None:
        self._held: deque[Framed] = deque(maxlen=max_messages)
        self._max_age = max_age
        self._latest_by_event: dict[str, Framed] = {}

    def add(self, framed: Framed) -> None:
        """Remember one more, forgetting what is too old."""
        self._held.append(framed)
        latest = self._latest_by_event.get(framed.message.event)
        # Two ways of bringing messages are read side by side, so an old one may come late.
        if latest is None or framed.message.at >= latest.message.at:
            self._latest_by_event[framed.message.event] = framed
        oldest = framed.message.at - self._max_age
        while self._held and self._held[0].message.at < oldest:
            self._held.popleft()

    def latest(self, event: str) -> bytes:
        """The last message of that name, however old; empty if there was none."""
        held = self._latest_by_event.get(event)
        return held.payload if held else b""

    def since(self, last_id: str) -> bytes | None:
        """Everything after the message with that id; None when it is not remembered."""
        if not any(held.message.id == last_id for held in self._held):
            return None
        return b"".join(self._after(last_id))

    def _after(self, last_id: str) -> Iterator[bytes]:
        is_past = False
        for held in self._held:
            if is_past:
                yield held.payload
            is_past = is_past or held.message.id == last_id
