"""Opens the booth's connection to whichever database the site uses."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from touchstone.votes.booth.sqlite import SqliteStore
from touchstone.votes.booth.store import Store


def open_store(database: dict[str, Any]) -> Store:
    """A connection to the database that these Django settings name. Raises StoreLost."""
    if database["ENGINE"].endswith("sqlite3"):
        return SqliteStore(str(database["NAME"]))
    from touchstone.votes.booth.postgres import PostgresStore  # psycopg is an extra

    return PostgresStore(database)


def store_over(connection: BaseDatabaseWrapper) -> Store:
    """A store on a connection of Django's, whose transactions are the caller's affair."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return SqliteStore.over(connection.connection)
    from touchstone.votes.booth.postgres import PostgresStore

    return PostgresStore.over(connection.connection)
