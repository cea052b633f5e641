"""What all tests share: the crowds folder, a migrated database kept between runs, and which tests run on PostgreSQL.

`make test` runs everything on SQLite and then, on PostgreSQL, everything but what is marked `pure` or `sqlite`. So a
new test or folder runs on both by itself; only what is named here, or marked in its own file, runs once.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from django.conf import settings
from django.db import connection
from tests.databases import ON_POSTGRES, migrated_file

ROOT = Path(__file__).resolve().parents[1]
PURE_FOLDERS = {"architecture", "engine", "eventstudy", "net", "transparency"}  # ring 1 and the walls: no database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT / "tests").parts[0] in PURE_FOLDERS:
            item.add_marker(pytest.mark.pure)
        if item.get_closest_marker("pure") and _uses_database(item):
            raise pytest.UsageError(f"{item.nodeid} is marked pure, but asks for a database.")


def _uses_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or bool({"db", "transactional_db"} & set(item.fixturenames))  # type: ignore[attr-defined]


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
    """Transactional tests empty every table afterwards; the ledger's triggers step aside for that alone."""
    operations = type(connection.ops)
    flush = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        lower, raise_again = _guards(tables)
        return [*lower, *flush(self, style, tables, **options), *raise_again]

    operations.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    operations.sql_flush = flush  # type: ignore[method-assign]


def _guards(tables: Sequence[str]) -> tuple[list[str], list[str]]:
    """Statements that put the ledger's triggers out of force, and those that put them back."""
    if connection.vendor != "sqlite":
        kept = [table for table in tables if table.startswith("ledger_")]
        off, on = ([f"ALTER TABLE {table} {verb} TRIGGER USER" for table in kept] for verb in ("DISABLE", "ENABLE"))
        return off, on
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND instr(name, 'ledger_') = 1")
        triggers = cursor.fetchall()
    return [f"DROP TRIGGER {name}" for name, _sql in triggers], [sql for _name, sql in triggers]


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Start from the kept database where there is one, as migrating takes ten seconds."""
    return not ON_POSTGRES and migrated_file().exists()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, django_db_keepdb: bool) -> None:
    if django_db_keepdb:
        shutil.copyfile(migrated_file(), settings.DATABASES["default"]["TEST"]["NAME"])


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    if ON_POSTGRES or django_db_keepdb:
        return
    template = migrated_file()
    template.parent.mkdir(parents=True, exist_ok=True)
    part = template.with_suffix(f".{os.getpid()}")
    with django_db_blocker.unblock():
        connection.cursor().execute("VACUUM INTO %s", [str(part)])
    part.replace(template)
