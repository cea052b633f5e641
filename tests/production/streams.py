"""A reader of the event stream who notes when each message came."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx

WITHIN_S = 120.0


class Listener(threading.Thread):
    """Reads `/stream` through a client until closed; `heard` holds (monotonic seconds, event, id, data)."""

    def __init__(self, client: httpx.Client, *, last_event_id: str | None = None) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        self.heard: list[tuple[float, str, str, Any]] = []
        self.has_ended = threading.Event()
        self._is_leaving = threading.Event()
        self.status = 0
        self.start()

    def run(self) -> None:
        try:
            with self._client, self._client.stream("GET", "/stream", headers=self._headers, timeout=WITHIN_S) as answer:
                self.status = answer.status_code
                self._read(answer)
        except httpx.HTTPError:
            pass
        finally:
            self.has_ended.set()

    def _read(self, answer: httpx.Response) -> None:
        event = message_id = ""
        for line in answer.iter_lines():
            if self._is_leaving.is_set():
                return
            name, _, value = line.partition(": ")
            if name == "event":
                event = value
            elif name == "id":
                message_id = value
            elif name == "data":
                self.heard.append((time.monotonic(), event, message_id, json.loads(value)))

    def of(self, event: str) -> dict[str, tuple[float, Any]]:
        """The messages of that name by id: when they came, and what they said."""
        return {message_id: (at, data) for at, name, message_id, data in list(self.heard) if name == event}

    def close(self) -> None:
        """Leave with the next line that comes; a heartbeat is the latest."""
        self._is_leaving.set()
        self.join(WITHIN_S)
