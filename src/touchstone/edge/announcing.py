"""Tells every open page of new figures: once per story and quarter of a second, however many votes came in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import close_old_connections

from touchstone.website.actions import announce_figures

if TYPE_CHECKING:
    from touchstone.votes.ballots import Recorded

log = logging.getLogger(__name__)

BETWEEN_S = 0.25


class Announcer:
    """Collects what the booth has committed and announces the newest figures of each story."""

    def __init__(self, loop: asyncio.AbstractEventLoop, threads: ThreadPoolExecutor) -> None:
        self._loop, self._threads = loop, threads
        self._waiting: dict[int, Recorded] = {}
        self._timer: asyncio.TimerHandle | None = None

    def committed(self, recorded: Sequence[Recorded]) -> None:
        """Take note of a commit; called on the booth's thread."""
        newest = {each.story: each for each in recorded}
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._note, newest)

    def _note(self, newest: dict[int, Recorded]) -> None:
        self._waiting.update(newest)
        if self._timer is None:
            self._timer = self._loop.call_later(BETWEEN_S, self._announce)

    def _announce(self) -> None:
        self._timer = None
        told, self._waiting = list(self._waiting.values()), {}
        self._loop.run_in_executor(self._threads, _tell, told)


def _tell(told: Sequence[Recorded]) -> None:
    """Announce these stories' figures; a failure is logged, as the votes stand anyway."""
    try:
        close_old_connections()
        announce_figures([(each.story, each.basis, each.last_vote_at_ms) for each in told])
    except Exception:
        log.exception("New figures could not be announced; pages show them when they are next loaded.")
