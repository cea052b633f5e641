"""A thread that works on whatever queued while it was busy, and wakes each event loop once per group."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from touchstone.votes.errors import BoothClosed, StoreUnavailable

Deliver = Callable[[Any], None]
LARGEST_GROUP = 512
LONGEST_QUEUE = 20_000


class Slip:
    """A request on its way through the thread, whom to tell, and what to tell them.

    deliver : gets the outcome, an exception or not; on the loop's thread if there is a loop
    """

    __slots__ = ("asked", "deliver", "loop", "outcome")

    def __init__(self, asked: Any, deliver: Deliver, loop: asyncio.AbstractEventLoop | None) -> None:
        self.asked, self.deliver, self.loop = asked, deliver, loop
        self.outcome: Any = None

    def tell(self) -> None:
        """Hand the outcome over."""
        self.deliver(StoreUnavailable() if self.outcome is None else self.outcome)


class GroupThread:
    """Calls `serve` with groups of slips, in order, on one thread. `serve` must not raise."""

    def __init__(self, name: str, serve: Callable[[list[Slip]], None], *, at_end: Callable[[], None]) -> None:
        self._serve, self._at_end = serve, at_end
        self._queue: SimpleQueue[Slip | None] = SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, asked: Any) -> Future[Any]:
        """Queue a request from any thread. Raises BoothClosed or StoreUnavailable."""
        future: Future[Any] = Future()
        self._enqueue(Slip(asked, partial(resolve, future), None))
        return future

    def ask_soon(self, asked: Any) -> asyncio.Future[Any]:
        """Queue a request from an event loop. Raises BoothClosed or StoreUnavailable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._enqueue(Slip(asked, partial(resolve, future), loop))
        return future

    def ask_then(self, asked: Any, deliver: Deliver) -> None:
        """Queue a request from an event loop, where `deliver` will get the outcome or the error."""
        self._enqueue(Slip(asked, deliver, asyncio.get_running_loop()))

    def close(self) -> None:
        """Serve what is queued, then stop; safe to call twice."""
        if not self._is_closed:
            self._is_closed = True
            self._queue.put(None)
        self._thread.join(timeout=5)

    def _enqueue(self, slip: Slip) -> None:
        if self._is_closed:
            raise BoothClosed
        if self._queue.qsize() >= LONGEST_QUEUE:
            raise StoreUnavailable
        self._queue.put(slip)

    def _run(self) -> None:
        is_open = True
        while is_open:
            taken = self._take()
            group = [slip for slip in taken if slip is not None]
            is_open = len(group) == len(taken)
            if group:
                self._serve(group)
                answer(group)
        self._at_end()

    def _take(self) -> list[Slip | None]:
        taken = [self._queue.get()]
        try:
            while len(taken) < LARGEST_GROUP:
                taken.append(self._queue.get_nowait())
        except Empty:
            pass
        return taken


def answer(group: list[Slip]) -> None:
    """Tell everybody in a group, waking each event loop only once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Slip]] = {}
    for slip in group:
        if slip.loop is None:
            slip.tell()
        else:
            by_loop.setdefault(slip.loop, []).append(slip)
    for loop, slips in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_tell_all, slips)


def resolve(future: Any, outcome: Any) -> None:
    """End a future with an outcome, raising it there if it is an error."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _tell_all(slips: list[Slip]) -> None:
    for slip in slips:
        slip.tell()
