"""Acknowledged votes survive a killed process."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import threading
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.web import browser, running_web, token, wish

ENOUGH = 60


@pytest.mark.slow
def test_no_acknowledged_vote_is_lost_when_the_process_is_killed(
    prepared: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, planted = prepared
    data_dir = tmp_path / "copy"
    with sqlite3.connect(folder / "newsroom.sqlite3") as source:
        data_dir.mkdir()
        with sqlite3.connect(data_dir / "newsroom.sqlite3") as copy:
            source.backup(copy)
    acknowledged: list[str] = []
    with running_web(data_dir, planted) as web:

        def vote_until_killed() -> None:
            try:
                while True:
                    with browser(web) as reader:
                        body, key = wish(token(reader, web.open), "real"), str(uuid.uuid4())
                        path = f"/api/v1/stories/{web.open}/vote"
                        if reader.post(path, json=body, headers={"Idempotency-Key": key}).is_success:
                            acknowledged.append(uuid.UUID(key).hex)
                        if len(acknowledged) == ENOUGH:
                            web.process.send_signal(signal.SIGKILL)
            except httpx.HTTPError:
                return

        readers = [threading.Thread(target=vote_until_killed) for _ in range(4)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(300)
        web.process.wait(15)
    assert len(acknowledged) >= ENOUGH
    with sqlite3.connect(data_dir / "newsroom.sqlite3") as database:
        events = {row[0] for row in database.execute("SELECT id FROM votes_voteevent")}
        entries = {row[0] for row in database.execute("SELECT reference FROM ledger_pendingentry")}
        tally = database.execute("SELECT real FROM votes_tally WHERE story_id = ?", [planted["open"]]).fetchone()[0]
        votes = database.execute("SELECT count(*) FROM votes_vote WHERE story_id = ?", [planted["open"]]).fetchone()[0]
    assert set(acknowledged) <= events
    assert set(acknowledged) <= entries
    assert tally == votes
    shutil.rmtree(data_dir)
