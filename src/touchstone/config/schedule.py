"""The worker: background tasks from the queue, and jobs that run every so often."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from django.core.management import call_command
from django.db import close_old_connections, connections

from touchstone.config.alone import wait_until_alone

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do again and again; `run` is given the present time."""

    name: str
    every_s: float
    run: Callable[[datetime], object]


class Scheduler(threading.Thread):
    """Runs jobs in turn, each at its own interval; a job that fails is logged and tried again."""

    def __init__(self, name: str, jobs: list[Job]) -> None:
        super().__init__(name=name, daemon=True)
        self.jobs = jobs
        self.stopping = threading.Event()

    def run(self) -> None:
        """Run until `stopping` is set."""
        due = {job.name: time.monotonic() for job in self.jobs}
        while not self.stopping.is_set():
            for job in self.jobs:
                if due[job.name] <= time.monotonic():
                    due[job.name] = time.monotonic() + job.every_s
                    self._run_once(job)
            self.stopping.wait(max(0.01, min(due.values()) - time.monotonic()))
        connections.close_all()

    def _run_once(self, job: Job) -> None:
        close_old_connections()
        try:
            job.run(datetime.now(UTC))
        except Exception:
            logger.exception("The job %s failed; it runs again in %s s.", job.name, job.every_s)


def all_jobs() -> dict[str, list[Job]]:
    """Every periodic job of the site, by the thread that runs it."""
    from touchstone.ledger import actions as ledger
    from touchstone.stories import actions as stories
    from touchstone.trust import actions as trust
    from touchstone.website import actions as website
    from touchstone.wire import actions as wire

    return {
        "wire": [Job("read feeds", 60, lambda at: wire.fetch_due_feeds(at=at))],
        "newsroom": [
            Job("publish scheduled stories", 10, lambda at: stories.publish_due(at=at)),
            Job("find related stories", 30, lambda at: stories.refresh_related_stories_when_due(at=at)),
            Job("publish trust figures", 2, lambda at: website.publish_trust(at=at)),
            Job("run the trust engine", 5, lambda at: trust.run_due_fit(at=at)),
        ],
        "alarms": [Job("watch prices around stories", 60, lambda at: website.watch_moves(at=at))],
        "ledger": [Job("sequence and sign the vote log", 0.25, lambda at: ledger.advance(at=at))],
        "open data": [Job("export the open data", 5, lambda at: ledger.export_when_due(at=at))],
        "witnesses": [Job("ask the witnesses to cosign", 5, lambda at: ledger.collect_cosignatures(at=at))],
    }


def run_worker() -> None:
    """Run the task queue and all periodic jobs until SIGTERM or SIGINT; a second worker of the site stands by."""
    wait_until_alone("worker")
    schedulers = [Scheduler(name, jobs) for name, jobs in all_jobs().items()]
    for scheduler in schedulers:
        scheduler.start()

    def stop(_number: int, _frame: FrameType | None) -> None:
        for scheduler in schedulers:
            scheduler.stopping.set()
        raise SystemExit(0)

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        call_command("db_worker", interval=1, startup_delay=False, verbosity=0)
    finally:
        for scheduler in schedulers:
            scheduler.stopping.set()
            scheduler.join(3)
        for number, handler in previous.items():
            signal.signal(number, handler)
