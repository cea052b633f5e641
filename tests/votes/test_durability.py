"""Acknowledged votes survive a killed process."""

from __future__ import annotations

import signal
import threading
import uuid
from pathlib import Path

import httpx
import pytest
from tests.databases import ask
from tests.web import browser, prepare_web, running_web, token, wish

ENOUGH = 60


@pytest.mark.slow
def test_no_acknowledged_vote_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    data_dir = tmp_path / "site"
    planted = prepare_web(data_dir)
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
        web.process.wait(120)
    assert len(acknowledged) >= ENOUGH
    events = {row[0] for row in ask(data_dir, "SELECT id FROM votes_voteevent")}
    entries = {row[0] for row in ask(data_dir, "SELECT reference FROM ledger_pendingentry")}
    tally = ask(data_dir, f"SELECT real FROM votes_tally WHERE story_id = {planted['open']}")
    votes = ask(data_dir, f"SELECT count(*) FROM votes_vote WHERE story_id = {planted['open']}")
    assert set(acknowledged) <= events
    assert set(acknowledged) <= entries
    assert tally == votes
