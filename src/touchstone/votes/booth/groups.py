"""A thread that works on whatever queued while it was busy, and wakes each event loop once per group.

An event loop gathers what it is asked and hands it over when one of its rounds has brought nothing new. Without that
the thread would start on the first of 64 votes that the kernel holds ready, and each group has a price of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any

from touchstone.votes.errors import BoothClosed, StoreUnavailable

Deliver = Callable[[Any], None]
LARGEST_GROUP = 512
LARGEST_ROUND = 128
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
        self._gathered: dict[asyncio.AbstractEventLoop, list[Slip]] = {}
        self._waiting: deque[Slip] = deque()
        self._bell: SimpleQueue[bool] = SimpleQueue()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, asked: Any) -> Future[Any]:
        """Queue a request from any thread. Raises BoothClosed or StoreUnavailable."""
        self._require_room()
        future: Future[Any] = Future()
        self._waiting.append(Slip(asked, partial(resolve, future), None))
        self._bell.put(True)
        return future

    def ask_soon(self, asked: Any) -> asyncio.Future[Any]:
        """Queue a request from an event loop. Raises BoothClosed or StoreUnavailable."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.ask_then(asked, partial(resolve, future))
        return future

    def ask_then(self, asked: Any, deliver: Deliver) -> None:
        """Queue a request from an event loop, where `deliver` will get the outcome or the error."""
        self._require_room()
        loop = asyncio.get_running_loop()
        gathered = self._gathered.get(loop)
        if gathered is None:
            self._gathered[loop] = [Slip(asked, deliver, loop)]
            loop.call_soon(self._hand_over, loop, 0)
        else:
            gathered.append(Slip(asked, deliver, loop))

    def close(self) -> None:
        """Serve what is queued, then stop; safe to call twice."""
        if not self._is_closed:
            self._is_closed = True
            self._bell.put(False)
        self._thread.join(timeout=5)

    def _require_room(self) -> None:
        if self._is_closed:
            raise BoothClosed
        if len(self._waiting) >= LONGEST_QUEUE:
            raise StoreUnavailable

    def _hand_over(self, loop: asyncio.AbstractEventLoop, seen: int) -> None:
        """Ring once a round of the loop has brought nothing new, or enough has come."""
        gathered = self._gathered[loop]
        if seen < len(gathered) < LARGEST_ROUND:
            loop.call_soon(self._hand_over, loop, len(gathered))
            return
        del self._gathered[loop]
        if self._is_closed:
            for slip in gathered:
                slip.deliver(BoothClosed())
            return
        self._waiting.extend(gathered)
        self._bell.put(True)

    def _run(self) -> None:
        while self._bell.get():
            self._serve_waiting()
        while self._waiting:
            self._serve_waiting()
        self._at_end()

    def _serve_waiting(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_GROUP))]
        if self._waiting:
            self._bell.put(True)
        if group:
            self._serve(group)
            answer(group)


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
