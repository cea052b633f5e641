"""Opens the booth's connection to whichever database the site uses."""

from __future__ import annotations

from typing import Any

from touchstone.votes.booth.sqlite import SqliteStore
from touchstone.votes.booth.store import Store


def open_store(database: dict[str, Any]) -> Store:
    """A connection to the database that these Django settings name. Raises StoreLost."""
    if database["ENGINE"].endswith("sqlite3"):
        return SqliteStore(str(database["NAME"]))
    from touchstone.votes.booth.postgres import PostgresStore  # psycopg is an extra

    return PostgresStore(database)
