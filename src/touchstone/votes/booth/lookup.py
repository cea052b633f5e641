"""Looks up in groups what tokens need to know: whether a story takes votes, and how the reader has voted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future

from touchstone.votes.ballots import Answer, Question
from touchstone.votes.booth.counting import NOBODY, Standing, ask_readers, ask_stories, look_at_votes
from touchstone.votes.booth.groups import GroupThread, Slip
from touchstone.votes.booth.store import Store, StoreLost
from touchstone.votes.booth.writer import OpenStore
from touchstone.votes.errors import StoreUnavailable

log = logging.getLogger(__name__)


class Lookup:
    """Answers questions on one reading connection."""

    def __init__(self, open_store: OpenStore) -> None:
        self._open_store = open_store
        self._store: Store | None = None
        self._thread = GroupThread("lookup", self._serve, at_end=self._lose_store)

    def ask(self, question: Question) -> Future[Answer]:
        """Queue a question; the future may end with StoreUnavailable."""
        return self._thread.ask(question)

    def ask_soon(self, question: Question) -> asyncio.Future[Answer]:
        """The same for code on an event loop."""
        return self._thread.ask_soon(question)

    def close(self) -> None:
        """Stop; safe to call twice."""
        self._thread.close()

    def _serve(self, group: list[Slip]) -> None:
        try:
            if self._store is None:
                self._store = self._open_store()
            answers = look(self._store, [slip.asked for slip in group])
        except Exception as err:
            if not isinstance(err, StoreLost):
                log.exception("Looking up votes failed.")
            self._lose_store()
            for slip in group:
                slip.outcome = StoreUnavailable()
            return
        for slip, answer in zip(group, answers, strict=True):
            slip.outcome = answer

    def _lose_store(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def look(store: Store, questions: Sequence[Question]) -> list[Answer]:
    """Answer a group of questions with a handful of queries."""
    standing = Standing()
    ask_stories(store, list({question.story for question in questions}))(standing)
    ask_readers(store, questions)(standing)
    look_at_votes(store, questions, standing)
    newest = list(standing.versions.values())
    digests = dict(store.rows("SELECT id, sha256 FROM stories_storyversion WHERE id IN %ints", newest))
    return [_answer(question, standing, digests) for question in questions]


def _answer(question: Question, standing: Standing, digests: dict[int, str]) -> Answer:
    is_live, closes_ms = standing.stories.get(question.story, (False, None))
    choice, _version, event, _place = standing.votes.get((question.story, question.reader), (None, 0, None, 0))
    return Answer(
        story=question.story,
        version=standing.versions.get(question.story) if is_live else None,
        number=standing.numbers.get(question.story, 0),
        closes_ms=closes_ms,
        is_claimed=standing.readers.get(question.reader, NOBODY).is_claimed,
        choice=choice,
        event=event,
        sha256=digests.get(standing.versions.get(question.story, 0), ""),
    )
