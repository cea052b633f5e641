"""Somebody with the disk in hand lifts the guards and changes rows: receipts, desk and export do not play along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.test import Client
from tests.factories import make_user
from tests.ledger.ballots import AT, queue_vote

from touchstone.cli.main import main
from touchstone.ledger import actions, queries
from touchstone.ledger.errors import HistoryForked, LogAltered

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(days=2)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


@pytest.fixture
def votes() -> list[UUID]:
    """A full tile of votes and some more; vote N is entry N + 1, counted from 0."""
    references = [queue_vote(f"{number}") for number in range(260)]
    actions.advance(at=AT)
    return references


def change(table: str, column: str, index: int, old: bytes, new: bytes) -> None:
    """Replace bytes in one row, without the trigger that refuses it."""
    with connection.cursor() as cursor:
        where = "" if connection.vendor == "sqlite" else f" ON ledger_{table}"
        cursor.execute(f"DROP TRIGGER ledger_{table}_no_update{where}")
        cursor.execute(f'SELECT {column} FROM ledger_{table} WHERE "index" = %s', [index])
        value = bytes(cursor.fetchone()[0])
        assert old in value
        cursor.execute(
            f'UPDATE ledger_{table} SET {column} = %s WHERE "index" = %s', [value.replace(old, new, 1), index]
        )


@pytest.fixture
def chief(client: Client) -> Client:
    """Somebody who may see everything at the desk."""
    client.force_login(make_user("chief", is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_vote_changed_in_its_contents_gets_no_receipt_any_more(client: Client, votes: list[UUID]) -> None:
    change("opening", "public_payload", 6, b'"real"', b'"fake"')
    page = client.get(f"/log/receipt/{votes[5]}").content.decode()
    assert "Entry 7 does not fit the signed log" in page
    assert "Download the receipt" not in page
    state = client.get(f"/log/receipt/{votes[5]}.json").json()
    assert (state["state"], state["number"], state["file"]) == ("altered", 7, None)
    file = client.get(f"/log/receipt/{votes[5]}.tlog-proof")
    assert (file.status_code, file.json()["error"]["code"]) == (500, "receipt_altered")
    assert "Recorded as entry 8" in client.get(f"/log/receipt/{votes[6]}").content.decode(), "others keep theirs"


@pytest.mark.parametrize(
    ("table", "column", "old", "new", "step"),
    [
        ("opening", "public_payload", b'"real"', b'"fake"', "opening"),
        ("logentry", "leaf", b'"vote"', b'"erase"', "entry"),
    ],
)
def test_what_was_changed_in_an_old_entry_is_not_exported_and_the_desk_says_why(
    chief: Client, votes: list[UUID], tmp_path: Path, table: str, column: str, old: bytes, new: bytes, step: str
) -> None:
    actions.export_when_due(at=AT)
    before = (tmp_path / "open-data" / "vote-log.zip").read_bytes()
    change(table, column, 6, old, new)
    with pytest.raises(LogAltered, match=f"at step '{step}': .*entry 6"):
        actions.export_when_due(at=LATER)
    assert (tmp_path / "open-data" / "vote-log.zip").read_bytes() == before
    assert "does not pass the verifier" in chief.get("/desk/trust/").content.decode()
    result = CliRunner().invoke(main, ["ledger", "export", str(tmp_path / "elsewhere")])
    assert result.exit_code == 1
    assert f"at step '{step}'" in result.output
    assert not (tmp_path / "elsewhere").exists()


def test_a_change_among_the_newest_entries_stops_the_signing_and_is_told(chief: Client, votes: list[UUID]) -> None:
    assert queries.refusal() == ""
    assert "is not being signed" not in chief.get("/desk/trust/").content.decode()
    change("logentry", "leaf", 260, b'"vote"', b'"erase"')
    late = queue_vote("late", at=AT)
    with pytest.raises(HistoryForked):
        actions.advance(at=AT)
    assert "first 261 entries" in queries.refusal()
    assert "The vote log is not being signed." in chief.get("/desk/trust/").content.decode()
    result = CliRunner().invoke(main, ["ledger", "status"])
    assert result.exit_code == 1
    assert "first 261 entries" in result.output
    page = chief.get(f"/log/receipt/{late}")
    assert "Recorded, but not signed yet" in page.content.decode()
    assert page["Refresh"] == "30"


def test_a_receipt_that_is_just_being_made_is_on_its_way(client: Client) -> None:
    page = client.get(f"/log/receipt/{queue_vote('ann', at=datetime.now(UTC))}")
    assert "Recorded, receipt on its way" in page.content.decode()
    assert page["Refresh"] == "1"
