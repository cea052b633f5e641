"""What the booth asks PostgreSQL is looked up by keys, also where a table was small when the plan was made."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from tests.factories import make_story, make_votes

from touchstone.votes.booth.postgres import PostgresStore

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def store() -> Iterator[PostgresStore]:
    opened = PostgresStore(connection.settings_dict)
    yield opened
    opened.close()


@pytest.mark.parametrize("table", ["votes_voteevent", "readers_reader"])
def test_no_small_table_is_read_from_end_to_end(store: PostgresStore, table: str) -> None:
    make_votes(make_story(), real=5)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
    plan = store.rows(f"EXPLAIN SELECT 1 FROM {table} WHERE id IN %uuids", [uuid.uuid4().hex])
    assert "Seq Scan" not in str(plan)
