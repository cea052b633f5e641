"""The booth's connection to PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg

from touchstone.ledger.actions import vote_lock_sql
from touchstone.votes.booth.store import BUSY_S, RowsRefused, Store, StoreLost

NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]+)\) VALUES \(([^)]+)\)(.*)")
LISTS = {
    "IN %ints": "= ANY(%s::bigint[])",
    "IN %uuids": "= ANY(%s::uuid[])",
    "%pairs": "(SELECT * FROM unnest(%s::bigint[], %s::uuid[]))",
}


class PostgresStore(Store):
    """A connection of its own; commits are durable whatever the server's default is. Raises StoreLost."""

    _is_own = True
    _types: dict[tuple[str, str], dict[str, str]] = {}  # the schema's, the same on every connection

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
        store._db, store._is_own = connection, False
        return store

    def begin(self) -> None:
        """Start a transaction in which the ledger's counts can be held still."""
        self._run(f"BEGIN; {vote_lock_sql('postgresql')}", prepare=False)

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
        """Run a statement for every row; an INSERT takes all of them as one statement with a list for each column."""
        insert = INSERT.fullmatch(sql)
        if insert is None:
            self._many(sql, rows)
            return
        key = insert[1], insert[2]
        if key not in self._types:
            self._types[key] = self._types_of(*key)
        columns = zip(*rows, strict=True)
        self._run(_at_once(insert, self._types[key]), [array_text(column) for column in columns])

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send statements without waiting for each one's answer."""
        try:
            with self._db.pipeline():
                yield
        except psycopg.Error as err:
            raise _ours(err) from err

    def lock_tallies(self, stories: Sequence[int]) -> None:
        """Lock one row for every story, made if need be, in one order for all: no two booths miss or deadlock."""
        wanted = sorted(stories)
        if not self._is_own:
            self._run(vote_lock_sql("postgresql") or "")
        if len(self._lock(wanted)) == len(wanted):
            return
        self._many(
            "INSERT INTO votes_tally (story_id, real, fake, last_vote_at_ms, places, held, has_both_sides, probability)"
            " SELECT page_ptr_id, 0, 0, NULL, '', 0, FALSE, NULL FROM stories_storypage WHERE page_ptr_id = %s"
            " ON CONFLICT DO NOTHING",
            [(story,) for story in wanted],
        )
        self._lock(wanted)

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

    def _lock(self, stories: Sequence[int]) -> list[tuple[Any, ...]]:
        return self.rows("SELECT 1 FROM votes_tally WHERE story_id IN %ints ORDER BY story_id FOR UPDATE", stories)

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            with self._db.cursor() as cursor:
                cursor.executemany(sql, rows)
        except psycopg.Error as err:
            raise _ours(err) from err

    def _types_of(self, table: str, columns: str) -> dict[str, str]:
        found = self.rows(
            "SELECT attname, atttypid::regtype::text FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = ANY(%s::text[])",
            table,
            columns.split(", "),
        )
        return dict(found)

    def _run(self, sql: str, parameters: Sequence[Any] = (), *, prepare: bool | None = None) -> psycopg.Cursor[Any]:
        try:
            return self._db.execute(sql.encode(), parameters or None, prepare=prepare)
        except psycopg.Error as err:
            raise _ours(err) from err


def _ours(error: psycopg.Error) -> Exception:
    kind = RowsRefused if isinstance(error, psycopg.IntegrityError) else StoreLost
    return kind(str(error))


def _at_once(insert: re.Match[str], types: dict[str, str]) -> str:
    """INSERT … VALUES for one row as INSERT … SELECT FROM unnest for all rows; constants stay what they are."""
    table, columns, values, rest = insert.groups()
    places = dict(zip(columns.split(", "), values.split(", "), strict=True))
    open_columns = [column for column, value in places.items() if value == "%s"]
    chosen = ", ".join(f"given.{column}" if value == "%s" else value for column, value in places.items())
    lists = ", ".join(f"%s::{types[column]}[]" for column in open_columns)
    return (
        f"INSERT INTO {table} ({columns}) SELECT {chosen} FROM unnest({lists}) AS given({', '.join(open_columns)})"  # noqa: S608
        f"{rest}"
    )


def array_text(values: Sequence[Any]) -> str:
    """A column as PostgreSQL spells arrays; psycopg's own way takes longer than all else that a vote needs."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if type(value) is str:
        return f'"{value}"' if value.isalnum() else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if type(value) is bytes:
        return f'"\\\\x{value.hex()}"'
    return f'"{value.isoformat()}"' if isinstance(value, datetime) else str(value)


@lru_cache(maxsize=256)
def _translated(sql: str) -> str:
    for ours, theirs in LISTS.items():
        sql = sql.replace(ours, theirs)
    return sql


def _columns(value: Any) -> list[Any]:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [list(column) for column in zip(*value, strict=True)]
    return [value]
