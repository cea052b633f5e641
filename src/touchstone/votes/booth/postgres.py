"""The booth's connection to PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg

from touchstone.ledger.actions import vote_lock_sql
from touchstone.votes.booth.store import BUSY_S, RowsRefused, Store, StoreLost

NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
LISTS = {
    "IN %ints": "= ANY(%s::bigint[])",
    "IN %uuids": "= ANY(%s::uuid[])",
    "%pairs": "(SELECT * FROM unnest(%s::bigint[], %s::uuid[]))",
}


class PostgresStore(Store):
    """A connection of its own; commits are durable whatever the server's default is. Raises StoreLost."""

    def __init__(self, database: dict[str, Any]) -> None:
        wanted = {name: database[key] for name, key in NAMES.items() if database.get(key)}
        limits = f"-c synchronous_commit=on -c lock_timeout={int(BUSY_S * 1000)} -c statement_timeout=20000"
        try:
            self._db = psycopg.connect(**wanted, autocommit=True, connect_timeout=5, options=limits)
        except psycopg.Error as err:
            raise StoreLost(str(err)) from err

    @classmethod
    def over(cls, connection: psycopg.Connection[Any]) -> PostgresStore:
        """A store on somebody else's connection."""
        store = cls.__new__(cls)
        store._db = connection
        return store

    def begin(self) -> None:
        """Start a transaction."""
        self._run("BEGIN")

    def commit(self) -> None:
        """Wait until the write-ahead log is on the disk."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if there is one."""
        with suppress(psycopg.Error):
            if self._db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._db.execute("ROLLBACK")

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._run(_translated(sql), [each for value in parameters for each in _columns(value)]).fetchall()

    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for every row, in one pipeline."""
        try:
            with self._db.cursor() as cursor:
                cursor.executemany(sql, rows)
        except psycopg.Error as err:
            raise _ours(err) from err

    def lock_tallies(self, stories: Sequence[int]) -> None:
        """Lock one row for every story, made if need be, in one order for all: no two booths miss or deadlock."""
        wanted = sorted(stories)
        self._run(vote_lock_sql("postgresql") or "")
        self.write(
            "INSERT INTO votes_tally (story_id, real, fake, last_vote_at_ms) SELECT page_ptr_id, 0, 0, NULL"
            " FROM stories_storypage WHERE page_ptr_id = %s ON CONFLICT DO NOTHING",
            [(story,) for story in wanted],
        )
        self.rows("SELECT 1 FROM votes_tally WHERE story_id IN %ints ORDER BY story_id FOR UPDATE", wanted)

    def close(self) -> None:
        """Close the connection."""
        with suppress(psycopg.Error):
            self._db.close()

    def text_id(self, value: Any) -> str:
        """UUIDs are a type of their own here."""
        return value.hex if isinstance(value, UUID) else str(value)

    def moment(self, at_ms: int) -> datetime:
        """Times are a type of their own here."""
        return datetime.fromtimestamp(at_ms / 1000, UTC)

    def read_moment(self, value: Any) -> int | None:
        """The time in milliseconds."""
        return None if value is None else int(value.timestamp() * 1000)

    def _run(self, sql: str, parameters: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        try:
            return self._db.execute(sql.encode(), parameters or None)
        except psycopg.Error as err:
            raise _ours(err) from err


def _ours(error: psycopg.Error) -> Exception:
    kind = RowsRefused if isinstance(error, psycopg.IntegrityError) else StoreLost
    return kind(str(error))


@lru_cache(maxsize=256)
def _translated(sql: str) -> str:
    for ours, theirs in LISTS.items():
        sql = sql.replace(ours, theirs)
    return sql


def _columns(value: Any) -> list[Any]:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [list(column) for column in zip(*value, strict=True)]
    return [value]
