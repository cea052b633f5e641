"""The booth of this process, with its look-up and its door; made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from touchstone.votes.ballots import Recorded
from touchstone.votes.booth.door import Quotas, VoteDoor
from touchstone.votes.booth.lookup import Lookup
from touchstone.votes.booth.opening import open_store
from touchstone.votes.booth.store import Store
from touchstone.votes.booth.writer import Booth

Listener = Callable[[Sequence[Recorded]], None]


class House:
    """One booth, one look-up and one door on one database."""

    def __init__(self, database: dict[str, Any]) -> None:
        self.database = database
        self.listeners: list[Listener] = []
        self.door = VoteDoor(Quotas())
        self.booth = Booth(self._open, on_commit=self._on_commit)
        self.lookup = Lookup(self._open)

    def close(self) -> None:
        """Count what is queued and stop."""
        self.booth.close()
        self.lookup.close()

    def _open(self) -> Store:
        return open_store(self.database)

    def _on_commit(self, recorded: Sequence[Recorded]) -> None:
        for listener in self.listeners:
            listener(recorded)


_lock = threading.Lock()
_house: House | None = None


def this_house() -> House:
    """This process's house on the default database."""
    global _house
    with _lock:
        if _house is None:
            _house = House(dict(connections["default"].settings_dict))
        return _house


def close_house() -> None:
    """Stop this process's booth, if it has one; the next call of this_house makes another."""
    global _house
    with _lock:
        house, _house = _house, None
    if house is not None:
        house.close()
