"""A full disk, a read-only database, a restarted PostgreSQL: clean refusals, no false acknowledgement, nothing lost."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest
from tests.durability.conftest import Base
from tests.durability.serving import Crowd, Site, environment_of, serving
from tests.newsroom import ROOT
from tests.postgres import NoPostgres, throwaway_server

from touchstone.votes.ballots import Ballot
from touchstone.votes.booth.sqlite import SqliteStore
from touchstone.votes.booth.writer import Booth
from touchstone.votes.errors import StoreUnavailable

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.django_db]

MAKE_STORY = """
import django
django.setup()
from tests.factories import make_story
print(make_story().pk)
"""
ASK_POSTGRES = """
import django, json
django.setup()
from touchstone.ledger.models import LogEntry, PendingEntry
from touchstone.votes.models import VoteEvent
print(json.dumps({
    "events": [key.hex for key in VoteEvent.objects.values_list("id", flat=True)],
    "logged": [key.hex for key in LogEntry.objects.filter(kind="vote").values_list("reference", flat=True)],
    "indices": list(LogEntry.objects.order_by("index").values_list("index", flat=True)),
    "waiting": PendingEntry.objects.count(),
}))
"""


def events_in(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM votes_voteevent")}


def limit_files(process: int, most: int) -> None:
    """No file of the process may grow beyond so many bytes: what a full disk does to SQLite."""
    resource.prlimit(process, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def test_a_full_disk_is_told_and_nothing_is_half_recorded(base: Base, tmp_path: Path) -> None:
    data_dir = tmp_path / "site"
    data_dir.mkdir()
    database = data_dir / "newsroom.sqlite3"
    shutil.copyfile(base.file, database)
    with serving(data_dir) as site:
        web = site.start_web()
        crowd = Crowd(site.port, base.story)
        asyncio.run(crowd.vote_for(20.0, most=200))
        assert not crowd.refused
        limit_files(web, 4096)
        asyncio.run(crowd.vote_for(1.0, voters=4, most=50))
        before = len(crowd.acknowledged)
        statuses = Counter((status, json.loads(body)["error"]["code"]) for status, body in crowd.refused)
        assert set(statuses) == {(503, "store_unavailable")}
        refused = {uuid.UUID(wish.key).hex for wish in crowd.unanswered}
        assert refused
        assert not refused & events_in(database), "a refused vote is not there"
        limit_files(web, resource.RLIM_INFINITY)
        asyncio.run(crowd.vote_for(30.0, most=len(crowd.unanswered)))
        assert len(crowd.acknowledged) > before
        acknowledged = {uuid.UUID(key).hex for key in crowd.acknowledged}
        assert refused <= acknowledged | {uuid.UUID(wish.key).hex for wish in crowd.unanswered}
        assert acknowledged <= events_in(database), "nothing acknowledged is missing"
        with closing(sqlite3.connect(database)) as connection:
            tally = connection.execute("SELECT real + fake FROM votes_tally").fetchone()[0]
        assert tally == len(events_in(database)), "a retried vote counts once"


def test_a_read_only_database_takes_no_votes_and_says_so(base: Base, tmp_path: Path) -> None:
    file = tmp_path / "votes.sqlite3"
    shutil.copyfile(base.file, file)
    is_writable = False

    def open_store() -> SqliteStore:
        mode = "rw" if is_writable else "ro"
        uri = f"file:{file}?mode={mode}"
        return SqliteStore.over(sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False))

    booth = Booth(open_store)
    ids = [uuid.uuid4().hex for _ in range(3)]
    ballot = Ballot(ids[0], ids[1], ids[2], base.story, base.version, "real", 1_800_000_000_000)
    try:
        refusal: Future[object] = booth.cast(ballot)  # type: ignore[assignment]
        assert isinstance(refusal.exception(20), StoreUnavailable)
        is_writable = True
        assert booth.cast(ballot).result(20).kind == "vote"
    finally:
        booth.close()
    assert events_in(file) == {ids[0]}


def test_postgresql_restarted_in_mid_load_loses_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "site"
    data_dir.mkdir()
    try:
        with throwaway_server() as server:
            environment = environment_of(data_dir, 1, DATABASE_URL=server.url)
            asked = [sys.executable, "-m", "touchstone.cli", "manage", "migrate", "-v0"]
            subprocess.run(asked, cwd=ROOT, env=environment, check=True, capture_output=True)
            story = int(run_script(MAKE_STORY, environment))
            with serving(data_dir, DATABASE_URL=server.url) as site:
                crowd = restarted_under_load(site, story, server)
                found = drained(site, environment)
    except NoPostgres as err:
        pytest.skip(f"NO POSTGRESQL: {err}")
    acknowledged = {uuid.UUID(key).hex for key in crowd.acknowledged}
    assert len(acknowledged) > 300
    assert {status for status, _body in crowd.refused} <= {503}
    assert acknowledged <= set(found["events"]), "acknowledged votes were lost"
    assert sorted(found["events"]) == sorted(found["logged"])
    assert found["indices"] == list(range(len(found["indices"])))


def restarted_under_load(site: Site, story: int, server: object) -> Crowd:
    """Votes for some seconds, while PostgreSQL falls over and gets up twice."""
    crowd = Crowd(site.port, story)
    site.start_web()
    site.start("sequencer")

    async def stumble() -> None:
        for number in (signal.SIGQUIT, signal.SIGINT):
            await asyncio.sleep(1.5)
            await asyncio.to_thread(server.stop, number)  # type: ignore[attr-defined]
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.start)  # type: ignore[attr-defined]

    async def load() -> None:
        voting = asyncio.create_task(stumble())
        while not voting.done():
            await crowd.vote_for(1.0, voters=8)
            await asyncio.sleep(0.05)
        await voting
        await crowd.vote_for(60.0, most=len(crowd.unanswered) + 200)

    asyncio.run(load())
    return crowd


def drained(site: Site, environment: dict[str, str]) -> dict[str, list[str]]:
    """What the database holds once the sequencer has caught up; it may have died with PostgreSQL."""
    for _attempt in range(40):
        found: dict[str, list[str]] = json.loads(run_script(ASK_POSTGRES, environment))
        if not found["waiting"]:
            return found
        site.start("sequencer")
    raise AssertionError("the sequencer did not catch up")


def run_script(script: str, environment: dict[str, str]) -> str:
    """The output of a Python script run on the newsroom."""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
