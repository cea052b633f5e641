"""A database of its own for every newsroom that a test starts: copied from a migrated one, on SQLite and PostgreSQL.

Tests in the test process get theirs from tests/conftest.py; this module serves tests that start other processes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

TEMPLATE = os.environ.get("TOUCHSTONE_TEST_TEMPLATE", "template1")  # tests.postgres makes a migrated one
ROOT = Path(__file__).resolve().parents[1]
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")


def database_settings(data_dir: Path) -> dict[str, str]:
    """What a newsroom on this folder needs in its environment: nothing on SQLite, whose file lies in the folder."""
    if not ON_POSTGRES:
        return {}
    name = name_for(data_dir)
    with _server() as server:
        if not _exists(server, name):
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    return {"DATABASE_URL": url_of(name)}


def lay_migrated(data_dir: Path) -> None:
    """Give the folder a migrated database, where one is at hand: migrating takes ten seconds."""
    target = data_dir / "newsroom.sqlite3"
    if not ON_POSTGRES and migrated_file().exists() and not target.exists():
        shutil.copyfile(migrated_file(), target)


def migrated_file() -> Path:
    """Where a migrated SQLite database is kept between runs, under a name that changes with the migrations."""
    digest = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes())
    for file in sorted((ROOT / "src").glob("touchstone/*/migrations/*.py")):
        digest.update(file.read_bytes())
    folder = Path(os.environ.get("TOUCHSTONE_TEST_CACHE", ROOT / "var" / "tests"))
    return folder / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


def ask(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query that both databases understand; ids come as hexadecimal text."""
    if ON_POSTGRES:
        import psycopg

        with psycopg.connect(url_of(name_for(data_dir))) as database:
            rows = database.execute(sql.encode()).fetchall()
        return [tuple(value.hex if isinstance(value, UUID) else value for value in row) for row in rows]
    with closing(sqlite3.connect(data_dir / "newsroom.sqlite3")) as file:
        return file.execute(sql).fetchall()


def name_for(data_dir: Path) -> str:
    """The name of the folder's database on PostgreSQL."""
    return f"newsroom_{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}"


def url_of(name: str) -> str:
    """Address of a database on the server that DATABASE_URL names."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@contextmanager
def _server() -> Iterator[Any]:
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        yield server


def _exists(server: Any, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None
