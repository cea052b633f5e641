"""Whatever instant the processes are killed at, an acknowledged vote is in the log, once, and the log is whole."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from tests.durability.conftest import Base
from tests.durability.serving import Crowd, Site, serving

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.django_db]

KILLS = 54
VOTES = 10_000
DRAINED_WITHIN_S = 600.0


def prepare(base: Base, data_dir: Path) -> None:
    data_dir.mkdir()
    shutil.copyfile(base.file, data_dir / "newsroom.sqlite3")


async def killed_while_voting(site: Site, crowd: Crowd, web: int, sequencer: int, *, after_s: float, most: int) -> None:
    """Vote, and kill both processes at once in the midst of it."""

    async def strike() -> None:
        await asyncio.sleep(after_s)
        site.kill(web)
        site.kill(sequencer)

    await asyncio.gather(crowd.vote_for(after_s + 1.0, most=most), strike())


def drain(site: Site, database: Path) -> None:
    """Let the sequencer finish."""
    sequencer = site.start("sequencer")
    deadline = time.monotonic() + DRAINED_WITHIN_S
    while time.monotonic() < deadline:
        with closing(sqlite3.connect(database)) as connection:
            waiting = connection.execute("SELECT COUNT(*) FROM ledger_pendingentry").fetchone()[0]
            entries = connection.execute("SELECT COUNT(*) FROM ledger_logentry").fetchone()[0]
            signed = connection.execute(
                "SELECT MAX(size) FROM ledger_checkpoint c JOIN ledger_signature s ON s.checkpoint_id = c.id"
            ).fetchone()[0]
        if not waiting and signed == entries:
            break
        time.sleep(0.05)
    site.kill(sequencer)


def test_no_acknowledged_vote_is_lost_in_54_kills(base: Base, tmp_path: Path) -> None:
    data_dir = tmp_path / "site"
    prepare(base, data_dir)
    database = data_dir / "newsroom.sqlite3"
    rng = random.Random(5)
    with serving(data_dir) as site:
        crowd = Crowd(site.port, base.story)
        for kill in range(KILLS):
            web, sequencer = site.start_web(), site.start("sequencer")
            left = (VOTES - len(crowd.acknowledged)) // (KILLS - kill) + 1
            after_s = rng.uniform(0.02, 0.5)
            asyncio.run(killed_while_voting(site, crowd, web, sequencer, after_s=after_s, most=left * 3))
        web = site.start_web()
        asyncio.run(crowd.vote_for(60.0, most=max(VOTES - len(crowd.acknowledged), 0) + len(crowd.unanswered)))
        site.kill(web)
        drain(site, database)
        assert len(crowd.acknowledged) >= VOTES
        check(site, database, crowd, tmp_path / "data")


def check(site: Site, database: Path, crowd: Crowd, export: Path) -> None:
    """Every acknowledged vote is one event and one entry; indices have no gap; the verifier agrees."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        events = [row[0] for row in connection.execute("SELECT id FROM votes_voteevent")]
        logged = [row[0] for row in connection.execute("SELECT reference FROM ledger_logentry WHERE kind = 'vote'")]
        indices = [row[0] for row in connection.execute('SELECT "index" FROM ledger_logentry ORDER BY "index"')]
        tally = connection.execute("SELECT real + fake FROM votes_tally").fetchone()[0]
        roots = connection.execute("SELECT COUNT(*) - COUNT(DISTINCT size) FROM ledger_checkpoint").fetchone()[0]
    assert not {uuid.UUID(key).hex for key in crowd.acknowledged} - set(logged), "acknowledged votes were lost"
    assert sorted(events) == sorted(logged)
    assert len(set(events)) == len(events) == tally
    assert indices == list(range(len(indices)))
    assert roots == 0
    exported = site.run("ledger", "export", export)
    assert exported.returncode == 0, exported.stderr
    verified = site.run("verify", "index", export)
    assert verified.returncode == 0, verified.stderr
    assert f"{len(logged):,} votes and changes replayed" in verified.stdout
