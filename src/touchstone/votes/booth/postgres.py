"""The booth's connection to PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import psycopg

from touchstone.ledger.actions import vote_lock_sql
from touchstone.votes.booth.store import BUSY_S, Rows, RowsRefused, Store, StoreLost

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
        # All that is asked here is looked up by a key. A plan made and kept while a table was still empty, by us or by
        # a foreign key's check, would read the grown table from end to end instead.
        plans = "-c synchronous_commit=on -c enable_seqscan=off"
        limits = f"{plans} -c lock_timeout={int(BUSY_S * 1000)} -c statement_timeout=20000"
        try:
            self._db = psycopg.connect(**wanted, autocommit=True, connect_timeout=5, options=limits)
        except psycopg.Error as err:
            raise StoreLost(str(err)) from err
        self._pipeline = ExitStack()

    @classmethod
    def over(cls, connection: psycopg.Connection[Any]) -> PostgresStore:
        """A store on somebody else's connection."""
        store = cls.__new__(cls)
        store._db, store._is_own = connection, False
        return store

    def begin(self) -> None:
        """Start a transaction in which the ledger's counts can be held still; nothing is sent before rows are wanted.

        All its statements go through one pipeline, so that a group of votes waits for the server twice.
        """
        with _as_ours():
            self._pipeline.enter_context(self._db.pipeline())
        self._run("BEGIN")
        self._run(vote_lock_sql("postgresql") or "")

    def commit(self) -> None:
        """Wait until the write-ahead log is on the disk."""
        self._run("COMMIT")
        with _as_ours():
            self._pipeline.close()

    def rollback(self) -> None:
        """Forget the transaction, if there is one."""
        with suppress(psycopg.Error):
            self._pipeline.close()
        with suppress(psycopg.Error):
            if self._db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                self._db.execute("ROLLBACK")

    def ask(self, sql: str, *parameters: Any) -> Rows:
        """Send a query; its rows when they are wanted."""
        cursor = self._run(_translated(sql), [each for value in parameters for each in _columns(value)])

        def rows() -> list[tuple[Any, ...]]:
            with _as_ours():
                return cursor.fetchall()

        return rows

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
        """Send statements without waiting for each one's answer; a connection of our own does so all the time."""
        if self._is_own:
            yield
            return
        with _as_ours(), self._db.pipeline():
            yield

    def lock_tallies(self, stories: Sequence[int]) -> None:
        """Lock one row for every story, made if need be, in one order for all: no two booths miss or deadlock.

        A row that is there is locked although WHERE lets nothing be written to it.
        """
        if not self._is_own:
            self._run(vote_lock_sql("postgresql") or "")
        self._run(
            "INSERT INTO votes_tally (story_id, real, fake, last_vote_at_ms, places, held, has_both_sides, probability)"
            " SELECT page_ptr_id, 0, 0, NULL, '', 0, FALSE, NULL FROM stories_storypage"
            " WHERE page_ptr_id = ANY(%s::bigint[]) ORDER BY page_ptr_id"
            " ON CONFLICT (story_id) DO UPDATE SET real = excluded.real WHERE FALSE",
            [array_text(stories)],
        )

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

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        with _as_ours(), self._db.cursor() as cursor:
            cursor.executemany(sql, rows)

    def _types_of(self, table: str, columns: str) -> dict[str, str]:
        found = self.rows(
            "SELECT attname, atttypid::regtype::text FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = ANY(%s::text[])",
            table,
            columns.split(", "),
        )
        return dict(found)

    def _run(self, sql: str, parameters: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        with _as_ours():
            return self._db.execute(sql.encode(), parameters or None)


class _as_ours:  # noqa: N801 - reads as a phrase after `with`
    """Turns PostgreSQL's errors into ours; a class, as a generator-based one costs three times as much."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, psycopg.IntegrityError):
            raise RowsRefused(str(error)) from error
        if isinstance(error, psycopg.Error):
            raise StoreLost(str(error)) from error


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
    if not isinstance(value, list):
        return [value]
    if value and isinstance(value[0], tuple):
        return [array_text(column) for column in zip(*value, strict=True)]
    return [array_text(value)]
