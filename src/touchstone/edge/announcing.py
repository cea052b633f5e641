"""Tells every open page of new figures: once per story and quarter of a second, however many votes came in."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import close_old_connections, transaction

from touchstone.edge.events import TRUST_EVENT
from touchstone.markets.actions import announce
from touchstone.stories.models import StoryPage
from touchstone.votes.booth.figures import figures_json
from touchstone.website.pages.changes import path_of

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
        self._loop.run_in_executor(self._threads, announce_figures, told)


def announce_figures(told: Sequence[Recorded]) -> None:
    """Announce the figures of these stories in one transaction; a failure is logged, as the votes stand anyway."""
    try:
        close_old_connections()
        stories = StoryPage.objects.in_bulk([each.story for each in told])
        with transaction.atomic():
            for each in told:
                figures = json.loads(figures_json(each))
                story = stories.get(each.story)
                announce(TRUST_EVENT, {**figures, "path": path_of(story) if story else None})
    except Exception:
        log.exception("New figures could not be announced; pages show them when they are next loaded.")
