"""The log and its receipts over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.test import Client
from tests.ledger.ballots import AT, log_policy, queue_vote

from touchstone.ledger import actions
from touchstone.transparency import verify_receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference() -> UUID:
    reference = queue_vote("ann")
    for number in range(260):
        queue_vote(f"{number}")
    actions.advance(at=AT)
    return reference


def test_the_checkpoint_opens_under_the_logs_key(client: Client, reference: UUID) -> None:
    answer = client.get("/log/checkpoint")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert log_policy().open(answer.content).checkpoint.size == 262


def test_full_tiles_are_kept_for_ever_and_asked_for_once(client: Client, reference: UUID) -> None:
    answer = client.get("/log/2026/tile/0/000")
    assert len(answer.content) == 8192
    assert "immutable" in answer["Cache-Control"]
    again = client.get("/log/2026/tile/0/000", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_missing_file_says_so_in_the_one_error_shape(client: Client) -> None:
    answer = client.get("/log/2026/tile/0/000")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no_log_file"
    assert client.post("/log/checkpoint").status_code == 405


def test_a_receipt_can_be_followed_and_fetched(client: Client, reference: UUID) -> None:
    state = client.get(f"/log/receipt/{reference}.json").json()
    assert (state["state"], state["number"], state["log"]) == ("recorded", 2, "2026")
    answer = client.get(state["file"])
    assert verify_receipt(answer.content, log_policy()).index == 1
    assert answer["Content-Disposition"] == 'attachment; filename="entry-2-of-2026.tlog-proof"'
    assert answer["Cache-Control"] == "private, no-store"


def test_a_receipt_that_is_not_there_yet_says_when(client: Client) -> None:
    reference = queue_vote("ann", at=datetime.now(UTC))
    assert client.get(f"/log/receipt/{reference}.json").json()["state"] == "pending"
    answer = client.get(f"/log/receipt/{reference}.tlog-proof")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "receipt_pending")
    assert client.get(f"/log/receipt/{uuid4()}.json").status_code == 404
    assert client.get(f"/log/receipt/{uuid4()}.tlog-proof").json()["error"]["code"] == "unknown_receipt"


def test_an_erased_entrys_receipt_is_gone(client: Client, reference: UUID) -> None:
    actions.erase_subject(subject="ann", stories=[], at=AT)
    assert client.get(f"/log/receipt/{reference}.json").json()["state"] == "erased"
    assert client.get(f"/log/receipt/{reference}.tlog-proof").status_code == 410
