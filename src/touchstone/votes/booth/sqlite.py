"""The booth's connection to SQLite, which flushes every commit to the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from json import dumps
from typing import Any

from touchstone.votes.booth.store import BUSY_S, Rows, RowsRefused, Store, StoreLost

# Secure deletion: a vote taken back must not linger in freed pages once its reader is erased.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-64000", "secure_delete=ON")
# A list is one parameter, so that a statement stays the same, and prepared, whatever the size of a group.
LISTS = {
    "%ints": "(SELECT value FROM json_each(?))",
    "%uuids": "(SELECT value FROM json_each(?))",
    "%pairs": "(SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))",
    "%s": "?",
}


class SqliteStore(Store):
    """A connection of its own to the file. Raises StoreLost if it cannot be opened."""

    def __init__(self, file: str) -> None:
        with _as_ours():
            self._db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            for pragma in PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}")

    @classmethod
    def over(cls, connection: sqlite3.Connection) -> SqliteStore:
        """A store on somebody else's connection."""
        store = cls.__new__(cls)
        store._db = connection
        return store

    def begin(self) -> None:
        """Take the write lock."""
        with _as_ours():
            self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Write and flush the log."""
        with _as_ours():
            self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if there is one."""
        with suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def ask(self, sql: str, *parameters: Any) -> Rows:
        """Run a query at once, as nothing is to be gained by waiting; its rows."""
        plain = [dumps(value) if isinstance(value, list) else value for value in parameters]
        with _as_ours():
            rows = self._db.execute(_translated(sql), plain).fetchall()
        return lambda: rows

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for every row."""
        with _as_ours():
            self._db.executemany(_translated(sql), rows)

    def lock_tallies(self, stories: Sequence[int]) -> None:
        """Nothing to do: BEGIN IMMEDIATE holds the only write lock there is."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def text_id(self, value: Any) -> str:
        """Django keeps UUIDs as hex here."""
        return str(value)

    def moment(self, at_ms: int) -> str:
        """Django keeps times as text here."""
        return _text_of(at_ms)

    def read_moment(self, value: Any) -> int | None:
        """The text as milliseconds; a time on a connection of Django's, which converts it."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return int(moment.replace(tzinfo=UTC).timestamp() * 1000)


class _as_ours:  # noqa: N801 - reads as a phrase after `with`
    """Turns SQLite's errors into ours; a class, as a generator-based one costs three times as much."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sqlite3.IntegrityError):
            raise RowsRefused(str(error)) from error
        if isinstance(error, sqlite3.Error):
            raise StoreLost(str(error)) from error


@lru_cache(maxsize=256)
def _text_of(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@lru_cache(maxsize=256)
def _translated(sql: str) -> str:
    for ours, theirs in LISTS.items():
        sql = sql.replace(ours, theirs)
    return sql
