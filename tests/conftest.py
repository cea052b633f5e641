"""What all tests share: the crowds folder, and a migrated database that is kept between runs."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations

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


def _migrations_digest() -> str:
    files = sorted((ROOT / "src").glob("touchstone/*/migrations/*.py"))
    digest = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _template() -> Path | None:
    """Where a migrated SQLite database is kept between runs; None on other databases."""
    name = settings.DATABASES["default"]["ENGINE"]
    folder = Path(os.environ.get("TOUCHSTONE_TEST_CACHE", ROOT / "var" / "tests"))
    return folder / f"migrated-{_migrations_digest()}.sqlite3" if name.endswith("sqlite3") else None


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Start from the kept database where there is one, as migrating takes ten seconds."""
    template = _template()
    return template is not None and template.exists()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool) -> None:
    template = _template()
    if template is not None and django_db_keepdb:
        shutil.copyfile(template, settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    template = _template()
    if template is None or django_db_keepdb:
        return
    template.parent.mkdir(parents=True, exist_ok=True)
    part = template.with_suffix(f".{os.getpid()}")
    with django_db_blocker.unblock():
        connection.cursor().execute("VACUUM INTO %s", [str(part)])
    part.replace(template)
