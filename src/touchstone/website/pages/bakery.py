"""Keeps ready pages fresh: bakes on first request, re-bakes behind the reader's back, forgets the least used."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus

from touchstone.website.pages.ready import ALL_KEYS, ReadyPage, Rendered, is_bakeable, make_ready

log = logging.getLogger(__name__)

Render = Callable[[str], Awaitable[Rendered]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the bakery keeps and how often it bakes; seconds, bytes, and a share of one core."""

    weight: int = 256 * 1024 * 1024
    pages: int = 5_000
    unbakeable: int = 2_000
    fresh_s: float = 20.0
    oldest_s: float = 600.0
    between_bakes_s: float = 5.0
    duty: float = 0.25


class Bakery:
    """Ready pages by path. All methods run on the event loop's thread; `render` does the work elsewhere."""

    def __init__(self, render: Render, clock: Clock, limits: Limits | None = None) -> None:
        self._render, self._clock, self._limits = render, clock, limits or Limits()
        self._pages: OrderedDict[str, ReadyPage] = OrderedDict()
        self._unbakeable: OrderedDict[str, float] = OrderedDict()
        self._first: dict[str, asyncio.Task[ReadyPage | Rendered]] = {}
        self._due: OrderedDict[str, None] = OrderedDict()
        self._touched: set[str] = set()
        self._wake = asyncio.Event()
        self._weight = 0
        self._generation = 0

    def __len__(self) -> int:
        return len(self._pages)

    def ready(self, path: str, query: bytes) -> ReadyPage | None:
        """The page for a reader who is not signed in, or None if it has to be made; never waits."""
        page = self._pages.get(path)
        if page is None or (query and depends_on(page, query)):
            return None
        age = self._clock() - page.baked_at
        if age > self._limits.oldest_s:
            return None
        self._pages.move_to_end(path)
        if age > self._limits.fresh_s:
            self._enqueue(path)
        return page

    def may_be_baked(self, path: str, query: bytes) -> bool:
        """Whether a first bake is worth trying for this path."""
        page = self._pages.get(path)
        if page is not None and query and depends_on(page, query):
            return False
        refused_at = self._unbakeable.get(path)
        return refused_at is None or self._clock() - refused_at > self._limits.fresh_s

    async def first(self, path: str) -> ReadyPage | Rendered:
        """Bake a page that is not there yet; everyone who asks meanwhile waits for the same bake."""
        task = self._first.get(path)
        if task is None:
            task = asyncio.ensure_future(self._bake(path))
            self._first[path] = task
            task.add_done_callback(lambda _: self._first.pop(path, None))
        return await asyncio.shield(task)

    def changed(self, path: str) -> None:
        """Something that this page shows has changed: bake it again, but not twice within a few seconds."""
        self._touched.add(path)
        page = self._pages.get(path)
        if page is None or page.is_stale:
            return
        page.is_stale = True
        wait = page.baked_at + self._limits.between_bakes_s - self._clock()
        asyncio.get_running_loop().call_later(max(0.0, wait), self._enqueue, path)

    def published(self, path: str) -> None:
        """A page was published: bake it and the pages above it now, and all others after them."""
        self._generation += 1
        self._unbakeable.clear()
        for known in self._pages:
            self._enqueue(known)
        for known in [*ancestors(path), path]:
            self._enqueue(known, first=True)

    def withdrawn(self, path: str) -> None:
        """A page is gone: forget it and all below it at once, and bake what linked to it again."""
        for known in [known for known in self._pages if known.startswith(path)]:
            self._drop(known)
        self.published(path)

    async def keep_fresh(self) -> None:
        """Bake what is due, for ever; rests between two bakes so that readers come first."""
        while True:
            await self._wake.wait()
            if not self._due:
                self._wake.clear()
                continue
            path, _ = self._due.popitem(last=False)
            began = self._clock()
            await self._bake_again(path)
            await asyncio.sleep((self._clock() - began) * (1 / self._limits.duty - 1))

    async def _bake_again(self, path: str) -> None:
        page = self._pages.get(path)
        if page is None:
            return
        try:
            await self._bake(path)
        except Exception:
            log.exception("Page %s could not be baked again; readers get the older copy.", path)

    async def _bake(self, path: str) -> ReadyPage | Rendered:
        began, generation = self._clock(), self._generation
        self._touched.discard(path)
        answer = await self._render(path)
        if answer.status >= 500:
            return answer
        if not is_bakeable(answer):
            self._drop(path)
            if answer.status == 200:
                self._refuse(path, began)
            return answer
        page = await asyncio.to_thread(make_ready, path, answer, at=began)
        self._keep(page)
        if path in self._touched or generation != self._generation:
            self.changed(path)
        return page

    def _keep(self, page: ReadyPage) -> None:
        self._drop(page.path)
        self._pages[page.path] = page
        self._weight += page.weight
        while len(self._pages) > 1 and (self._weight > self._limits.weight or len(self._pages) > self._limits.pages):
            self._drop(next(iter(self._pages)))

    def _drop(self, path: str) -> None:
        page = self._pages.pop(path, None)
        if page is not None:
            self._weight -= page.weight
        self._due.pop(path, None)

    def _refuse(self, path: str, at: float) -> None:
        self._unbakeable[path] = at
        self._unbakeable.move_to_end(path)
        while len(self._unbakeable) > self._limits.unbakeable:
            self._unbakeable.popitem(last=False)

    def _enqueue(self, path: str, *, first: bool = False) -> None:
        if path not in self._pages:
            return
        self._due.setdefault(path)
        if first:
            self._due.move_to_end(path, last=False)
        self._wake.set()


def depends_on(page: ReadyPage, query: bytes) -> bool:
    """Whether the query holds a key that the page's view looked at when it was baked."""
    if not page.query_keys:
        return False
    if ALL_KEYS in page.query_keys:
        return True
    keys = {unquote_plus(part.partition("=")[0]) for part in query.decode("latin-1").split("&")}
    return not page.query_keys.isdisjoint(keys)


def ancestors(path: str) -> list[str]:
    """The paths above a path, nearest last: /a/b/ has / and /a/."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts))]
