"""No acknowledged vote is lost when the power goes, whatever the disk made of unflushed writes."""

from __future__ import annotations

import random
import shutil
import sqlite3
import uuid
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.durability.conftest import Base
from tests.durability.disk import HABITS, Disk, DiskVfs

from touchstone.votes.ballots import Ballot, Recorded
from touchstone.votes.booth.sqlite import PRAGMAS, SqliteStore
from touchstone.votes.booth.store import StoreLost
from touchstone.votes.booth.writer import Booth

pytestmark = [pytest.mark.slow, pytest.mark.sqlite, pytest.mark.django_db]

CUTS = 320
CONTROL_CUTS = 90
GROUPS = 14
ANSWER_WITHIN_S = 300


class ApswStore(SqliteStore):
    """The booth's own statements on a connection whose disk may lose its power."""

    def __init__(self, file: Path, *, vfs: str, synchronous: str) -> None:
        self._db = apsw.Connection(str(file), vfs=vfs)
        for pragma in PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(f"PRAGMA synchronous={synchronous}")
        self._db.execute("PRAGMA wal_autocheckpoint=40")  # so that cuts also fall into checkpoints

    def begin(self) -> None:
        self._mapped(lambda: self._db.execute("BEGIN IMMEDIATE"))

    def commit(self) -> None:
        self._mapped(lambda: self._db.execute("COMMIT"))

    def rollback(self) -> None:
        with suppress(apsw.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._mapped(lambda: super(ApswStore, self).rows(sql, *parameters))

    def write(self, sql: str, rows: Any) -> None:
        self._mapped(lambda: super(ApswStore, self).write(sql, rows))

    def close(self) -> None:
        with suppress(apsw.Error):
            self._db.close(True)

    @staticmethod
    def _mapped(call: Any) -> Any:
        try:
            return call()
        except apsw.Error as err:
            raise StoreLost(str(err)) from err


def ballot(base: Base, rng: random.Random) -> Ballot:
    key, nonce, reader = (uuid.UUID(int=rng.getrandbits(128), version=4).hex for _ in range(3))
    choice = rng.choice(["real", "fake"])
    return Ballot(key, nonce, reader, base.story, base.version, choice, 1_800_000_000_000)  # type: ignore[arg-type]


def vote_until_dark(base: Base, folder: Path, disk: Disk, *, synchronous: str, rng: random.Random) -> set[str]:
    """Cast groups of votes until the power goes or all are cast; keys of the votes that were acknowledged."""
    folder.mkdir()
    file = folder / "votes.sqlite3"
    shutil.copyfile(base.file, file)
    name = f"disk-{uuid.UUID(int=rng.getrandbits(128)).hex}"
    vfs = DiskVfs(name, disk)
    booth = Booth(lambda: ApswStore(file, vfs=name, synchronous=synchronous))
    acknowledged: set[str] = set()
    try:
        for _group in range(GROUPS):
            futures: list[tuple[str, Future[Recorded]]] = []
            for _vote in range(rng.randrange(1, 40)):
                each = ballot(base, rng)
                futures.append((each.key, booth.cast(each)))
            acknowledged |= {key for key, future in futures if future.exception(ANSWER_WITHIN_S) is None}
            if disk.is_off:
                break
    finally:
        booth.close()
        vfs.unregister()
    return acknowledged


def found_after(folder: Path, disk: Disk, *, habit: str, rng: random.Random) -> set[str]:
    """Keys of the votes in the database once the power is back; what else it holds must agree with them."""
    disk.left_behind(folder, habit=habit, rng=rng)
    with closing(sqlite3.connect(folder / "votes.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        events = {row[0] for row in database.execute("SELECT id FROM votes_voteevent")}
        queued = {row[0] for row in database.execute("SELECT reference FROM ledger_pendingentry")}
        tally = database.execute("SELECT COALESCE(SUM(real + fake), 0) FROM votes_tally").fetchone()[0]
        standing = database.execute("SELECT COUNT(*) FROM votes_vote").fetchone()[0]
    assert events == queued, "a vote and its ledger entry stand or fall together"
    assert tally == standing == len(events)
    return events


def lost_votes(base: Base, folder: Path, *, synchronous: str, cuts: int, seed: int) -> list[int]:
    """For each power cut, how many acknowledged votes were gone."""
    rng = random.Random(seed)
    whole = Disk()
    vote_until_dark(base, folder / "whole", whole, synchronous=synchronous, rng=rng)
    lost = []
    for number in range(cuts):
        disk = Disk(cut_at=rng.randrange(1, whole.calls))
        place = folder / str(number)
        acknowledged = vote_until_dark(base, place, disk, synchronous=synchronous, rng=rng)
        found = found_after(place / "after", disk, habit=HABITS[number % len(HABITS)], rng=rng)
        lost.append(len(acknowledged - found))
        shutil.rmtree(place)
    return lost


def test_no_acknowledged_vote_is_lost_in_320_power_cuts(base: Base, tmp_path: Path) -> None:
    lost = lost_votes(base, tmp_path, synchronous="FULL", cuts=CUTS, seed=11)
    assert len(lost) == CUTS
    assert sum(lost) == 0


def test_the_same_disk_catches_a_careless_setting(base: Base, tmp_path: Path) -> None:
    """Positive control: with synchronous=NORMAL acknowledged votes do vanish, and this harness sees it."""
    lost = lost_votes(base, tmp_path, synchronous="NORMAL", cuts=CONTROL_CUTS, seed=12)
    assert sum(count > 0 for count in lost) >= CONTROL_CUTS // 10  # how many depends on how votes fell into groups
