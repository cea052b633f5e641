"""Pages of the vote log: one receipt, and the page that checks receipts."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from tests.ledger.ballots import AT, queue_vote

from touchstone.ledger import actions
from touchstone.ledger.models import LogKey

pytestmark = pytest.mark.django_db


def test_a_receipt_page_says_which_entry_it_is(client: Client) -> None:
    reference = queue_vote("ann")
    waiting = client.get(f"/log/receipt/{reference}")
    assert waiting["Refresh"] == "30", "it was queued long ago"
    assert b"not signed yet" in waiting.content
    actions.advance(at=AT)
    page = client.get(f"/log/receipt/{reference}")
    assert b"Recorded as entry 2" in page.content
    assert f"/log/receipt/{reference}.tlog-proof".encode() in page.content
    assert page["Cache-Control"] == "private, no-store"
    actions.erase_subject(subject="ann", stories=[], at=AT)
    assert b"Entry 2 was erased" in client.get(f"/log/receipt/{reference}").content


def test_an_unknown_receipt_is_a_plain_404(client: Client) -> None:
    assert client.get(f"/log/receipt/{uuid4()}").status_code == 404


def test_the_checking_page_holds_the_logs_keys(client: Client) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    page = client.get("/log/verify")
    assert page.status_code == 200
    assert LogKey.objects.get().vkey.replace("+", "&#x2B;").encode() in page.content.replace(b"+", b"&#x2B;")
