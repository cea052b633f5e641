"""Monitors learn whether the site answers; only those with the token learn how it fares."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.ledger.ballots import AT, queue_vote

from touchstone.ledger import actions

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-tests-alone"


def test_a_site_that_answers_says_ok_and_nothing_more(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


def test_a_lost_database_is_told_with_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(connection, "cursor", lost)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "database_lost"
    assert "server closed" not in answer.content.decode()


def test_figures_are_for_those_with_the_token(client: Client, settings: Any) -> None:
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_figures_show_what_the_log_signed_and_what_waits(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    queue_vote("ann")
    actions.advance(at=AT)
    queue_vote("bob")
    lines = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode().splitlines()
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(figures["touchstone_ledger_signed_entries"]) == 2
    assert float(figures["touchstone_ledger_waiting"]) == 1
    assert "touchstone_votes" in figures
    assert "process_resident_memory_bytes" in figures
