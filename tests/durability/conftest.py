"""A small newsroom with one story to vote on, as a database file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.factories import make_story
from wagtail.models import Site


@dataclass(frozen=True)
class Base:
    """A database file, a published story in it, and that story's version."""

    file: Path
    story: int
    version: int


def _copy_to(file: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Base:
    """A migrated SQLite database in WAL mode with one story and no votes."""
    file = tmp_path_factory.mktemp("base") / "votes.sqlite3"
    before = file.with_name("before.sqlite3")
    with django_db_blocker.unblock():
        _copy_to(before)
        story = make_story()
        made = Base(file, story.pk, story.versions.latest().pk)
        _copy_to(file)
        with closing(sqlite3.connect(before)) as untouched:
            untouched.backup(connection.connection)
        Site.clear_site_root_paths_cache()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("DELETE FROM ledger_pendingentry")
        database.commit()
    return made
