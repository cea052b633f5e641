"""Work on ranges of stories or readers by several threads; results never depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
R = TypeVar("R")
PIECES = 4  # ranges for each thread, so that none waits long for another
FEW = 20_000  # votes below which one thread is faster than many


_threads: ContextVar[int] = ContextVar("threads", default=1)


@contextmanager
def threads_at_work(count: int) -> Iterator[None]:
    """Let the engine's fits inside this block use so many threads; their results are the same with any number."""
    token = _threads.set(max(1, count))
    try:
        yield
    finally:
        _threads.reset(token)


class Crew:
    """Threads that share out ranges, as many as `threads_at_work` says; a context manager."""

    def __init__(self) -> None:
        self.threads = _threads.get()
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def share_out(self, starts: Places, work: Callable[[int, int], R], pieces: int = PIECES) -> list[R]:
        """Call work(low, high) on ranges that cover 0 to len(starts) − 1, with about as many votes each.

        starts : int64, shape (n + 1,), where each story's or reader's votes start
        pieces : ranges for each thread
        """
        count, votes = len(starts) - 1, int(starts[-1])
        if self._pool is None or votes < FEW:
            return [work(0, count)]
        ranges = self.threads * pieces
        inner = np.searchsorted(starts, votes * np.arange(1, ranges, dtype=np.int64) // ranges)
        edges = np.unique(np.concatenate([[0], np.minimum(inner, count), [count]])).tolist()
        return list(self._pool.map(work, edges[:-1], edges[1:]))
