"""What all tests share: the crowds folder and a loud word about what was not run."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.sqlite3.operations import DatabaseOperations

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def crowds() -> Path:
    """The folder of real crowds with truth; the test is skipped, loudly, where it is absent."""
    folder = Path(os.environ.get("TOUCHSTONE_CROWDS", ROOT.parent / "shared" / "data" / "crowds"))
    if not folder.is_dir():
        pytest.skip(f"NO REAL CROWDS: {folder} is absent; set TOUCHSTONE_CROWDS to a folder of crowds to run this test")
    return folder


_ledger_folders = itertools.count()


@pytest.fixture(autouse=True)
def ledger_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for each test's signing keys and marks; made when the ledger first needs it."""
    folder = Path(settings.DATA_DIR) / "ledgers" / str(next(_ledger_folders))
    monkeypatch.setattr(settings, "LEDGER_DIR", folder)
    return folder


@pytest.fixture(autouse=True, scope="session")
def _flush_past_the_guards() -> Iterator[None]:
    """Transactional tests empty every table afterwards; on SQLite the ledger's triggers step aside for that alone."""
    flush = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(name, 'ledger_') = 1")
            guards = cursor.fetchall()
        lowered = [f"DROP TRIGGER {name}" for name, _sql in guards]
        return [*lowered, *flush(self, *args, **kwargs), *(sql for _name, sql in guards)]

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    DatabaseOperations.sql_flush = flush  # type: ignore[method-assign]
