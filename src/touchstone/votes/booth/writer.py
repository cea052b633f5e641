"""The one thread that writes votes: takes what queued during the last commit, commits it, then answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from touchstone.votes.ballots import Ballot, Recorded
from touchstone.votes.booth.counting import Counter
from touchstone.votes.booth.groups import Deliver, GroupThread, Slip
from touchstone.votes.booth.store import RowsRefused, Store, StoreLost
from touchstone.votes.errors import StoreUnavailable, UnknownStory

log = logging.getLogger(__name__)

OpenStore = Callable[[], Store]
Listener = Callable[[Sequence[Recorded]], None]


class Booth:
    """Commits ballots in groups on one connection. `cast` and `cast_soon` may be called from any thread.

    on_commit : called on the writer's thread with what a commit changed, before anybody is answered
    """

    def __init__(self, open_store: OpenStore, *, on_commit: Listener | None = None) -> None:
        self._open_store, self._on_commit = open_store, on_commit
        self._store: Store | None = None
        self._counter = Counter()
        self._thread = GroupThread("booth", self._serve, at_end=self._lose_store)

    def cast(self, ballot: Ballot) -> Future[Recorded]:
        """Queue a ballot; the future ends when it is durable, or with a VoteRefused."""
        return self._thread.ask(ballot)

    def cast_soon(self, ballot: Ballot) -> asyncio.Future[Recorded]:
        """The same for code on an event loop."""
        return self._thread.ask_soon(ballot)

    def cast_then(self, ballot: Ballot, deliver: Deliver) -> None:
        """The same without a future: `deliver` gets a Recorded or a VoteRefused, on the running event loop."""
        self._thread.ask_then(ballot, deliver)

    def close(self) -> None:
        """Count what is queued, then stop; safe to call twice."""
        self._thread.close()

    def _serve(self, group: list[Slip]) -> None:
        try:
            self._count_group(group)
        except Exception:  # the booth must outlive anything; nothing of this group was committed
            log.exception("The booth failed on a group of %d ballots; none of them was counted.", len(group))
            self._lose_store()
            for slip in group:
                slip.outcome = StoreUnavailable()
        self._announce(group)

    def _count_group(self, group: list[Slip]) -> None:
        try:
            self._count(group)
        except RowsRefused:
            for slip in group:
                self._count_alone(slip)

    def _count_alone(self, slip: Slip) -> None:
        # A key that another process has just used shows as a refused row; the second look finds its event.
        for _ in range(2):
            try:
                self._count([slip])
            except RowsRefused:
                slip.outcome = UnknownStory(slip.asked.story)
            else:
                return

    def _count(self, group: list[Slip]) -> None:
        try:
            outcomes = self._transact([slip.asked for slip in group])
        except StoreLost as err:
            log.error("Votes cannot be stored: %s", err)
            self._lose_store()
            outcomes = [StoreUnavailable() for _ in group]
        for slip, outcome in zip(group, outcomes, strict=True):
            slip.outcome = outcome

    def _transact(self, ballots: list[Ballot]) -> Sequence[object]:
        if self._store is None:
            self._store = self._open_store()
        store = self._store
        store.begin()
        try:
            settled = self._counter.count(store, ballots)
            store.commit()
        except BaseException:
            store.rollback()
            raise
        return settled

    def _lose_store(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.rollback()
            store.close()

    def _announce(self, group: list[Slip]) -> None:
        changed = [slip.outcome for slip in group if isinstance(slip.outcome, Recorded) and slip.outcome.kind]
        if not changed or self._on_commit is None:
            return
        try:
            self._on_commit(changed)
        except Exception:
            log.exception("Votes are stored, but telling others of them failed.")
