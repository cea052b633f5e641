"""The raw ASGI application in front of Django: ready pages, votes, event streams; the rest is passed on."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from touchstone.edge.errors import ClientGone, EdgeError

if TYPE_CHECKING:
    from touchstone.edge.doors import Doors

CHORE_THREADS = 3
COLLECTOR_THRESHOLDS = (20_000, 20, 20)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "touchstone.config.settings")


class Edge:
    """Everything one web process holds; made once the event loop runs."""

    def __init__(self) -> None:
        # Django must not be loaded by merely importing this module.
        from django.conf import settings
        from django.core.wsgi import get_wsgi_application

        wsgi = get_wsgi_application()
        from touchstone.edge.doors import Doors
        from touchstone.edge.events import ListeningHub
        from touchstone.edge.passage import Passage, Room
        from touchstone.edge.relay import Relay
        from touchstone.edge.voting import VoteEndpoint
        from touchstone.votes.booth.house import this_house
        from touchstone.website.pages.bakery import Bakery

        origin = urlsplit(settings.SITE_ORIGIN)
        self.passage = Passage(wsgi, Room(threads=settings.DJANGO_THREADS, waiting=settings.DJANGO_QUEUE))

        async def render(path: str) -> Any:
            return await self.passage.render(path, host=origin.netloc, scheme=origin.scheme)

        self.bakery = Bakery(render, time.monotonic)
        self.hub = ListeningHub(self.bakery)
        self.relay = Relay(self.hub)
        self.doors = Doors(self.passage, self.bakery, self.hub, VoteEndpoint(this_house()))
        self._tasks: list[asyncio.Task[Any]] = []

    def start(self) -> None:
        """Begin the work that goes on between requests."""
        from touchstone.edge.announcing import Announcer
        from touchstone.votes.booth.house import this_house

        loop = asyncio.get_running_loop()
        chores = ThreadPoolExecutor(CHORE_THREADS, thread_name_prefix="chores")
        loop.set_default_executor(chores)
        this_house().listeners.append(Announcer(loop, chores).committed)
        self._tasks = [
            loop.create_task(self.bakery.keep_fresh(), name="bakery"),
            loop.create_task(self.relay.run(), name="relay"),
        ]
        end_streams_on_signals(loop, self.hub.close)
        spare_the_collector()

    async def stop(self) -> None:
        """Finish: end streams, cancel what runs, count what is queued, let the threads go."""
        from touchstone.votes.booth.house import close_house

        self.hub.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError, Exception):
                await task
        await asyncio.to_thread(close_house)
        self.passage.close()


class Application:
    """The ASGI callable; works with and without the lifespan protocol."""

    def __init__(self) -> None:
        self._edge: Edge | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    @property
    def doors(self) -> Doors | None:
        """This process's doors, once the edge is made."""
        return None if self._edge is None else self._edge.doors

    def edge(self) -> Edge:
        """This process's edge, made on first use."""
        if self._edge is None:
            self._edge = Edge()
            self._edge.start()
        return self._edge

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            await self.edge().relay.wait_until_filled()
        except Exception as err:
            await send({"type": "lifespan.startup.failed", "message": str(err)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.edge().stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        from touchstone.edge.answers import send_error

        try:
            await self.edge().doors(scope, receive, send)
        except ClientGone:
            return
        except EdgeError as err:
            await send_error(send, err, close=err.status in {408, 413})


def end_streams_on_signals(loop: asyncio.AbstractEventLoop, end: Any) -> None:
    """End event streams as soon as the server is told to stop: it waits for them before it tells us."""

    def handler_before(previous: Any) -> Any:
        def handle(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(end)
            if callable(previous):
                previous(number, frame)

        return handle

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError):  # not the main thread: whoever runs the loop there stops it
            signal.signal(number, handler_before(signal.getsignal(number)))


def spare_the_collector() -> None:
    """Keep the garbage collector from walking all of Django whenever a few hundred requests have come in."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


application = Application()
