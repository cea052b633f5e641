"""Writes a queryset's SQL once for each connection: Django writes it every time, which costs more than running it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import chain, count
from typing import Any, ParamSpec, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from touchstone.statements.slots import Hole, slot_for, slots_for

P = ParamSpec("P")
Row = TypeVar("Row")
KEPT = "_touchstone_statements"


class Statement:
    """A queryset with its SQL, bound to the connection of one thread."""

    def __init__(self, queryset: QuerySet[Any, Any], connection: Any) -> None:
        self._queryset, self._connection = queryset, connection
        compiler = queryset.query.get_compiler(connection=connection)
        try:
            self._sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            self._sql, parameters = "", ()
        self._parameters = tuple(parameters)
        self._values: tuple[Any, ...] = ()
        if not self._sql:
            return
        converters = compiler.get_converters([part[0] for part in compiler.select[: compiler.col_count]])
        compiler.get_converters = lambda _expressions: converters
        compiler.execute_sql = self._execute
        queryset.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign, assignment]

    def run(self, values: tuple[Any, ...]) -> list[Any]:
        """The rows for these values, made by Django's own iterables."""
        if not self._sql:
            return []
        self._values = values
        queryset: Any = self._queryset
        return list(queryset._iterable_class(queryset))

    def _execute(self, *_args: Any, **_kwargs: Any) -> list[list[Any]]:
        values, connection = self._values, self._connection
        bound = [part.fill(values, connection) if type(part) is Hole else part for part in self._parameters]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, bound)
            return [cursor.fetchall()]


def prepared(build: Callable[P, QuerySet[Any, Row]]) -> Callable[P, list[Row]]:
    """Make a function that returns a queryset into one that returns its rows, without writing its SQL each time.

    The function is called with slots in place of its arguments, once for each connection and shape of arguments, so it
    may filter by them but not look at them. Arguments are truth values, whole numbers, texts, times, or lists of one of
    these; never None, which SQL does not compare. Lists share SQL by size, up to the next power of two. Prefetching is
    not done: read what belongs together by another prepared queryset. Raises NotASlot.
    """

    @functools.wraps(build)
    def run(*args: P.args, **kwargs: P.kwargs) -> list[Row]:
        given = [_padded(value) if isinstance(value, list) else value for value in (*args, *kwargs.values())]
        shape = (build, *kwargs, *(_shape_of(value) for value in given))
        connection = connections[DEFAULT_DB_ALIAS]
        kept = connection.__dict__.setdefault(KEPT, {})
        statement = kept.get(shape)
        if statement is None:
            queryset = _with_slots(build, given[: len(args)], dict(zip(kwargs, given[len(args) :], strict=True)))
            statement = kept[shape] = Statement(queryset, connection)
        flat = chain.from_iterable(value if type(value) is tuple else (value,) for value in given)
        return cast(list[Row], statement.run(tuple(flat)))

    return run


def _shape_of(value: Any) -> Any:
    if type(value) is tuple:
        return len(value), type(value[0]) if value else None
    return type(value)


def _padded(values: list[Any]) -> tuple[Any, ...]:
    """The values with the last one repeated up to a power of two, so that few lengths need SQL of their own."""
    missing = (1 << max(0, len(values) - 1).bit_length()) - len(values) if values else 0
    return (*values, *values[-1:] * missing)


def _with_slots(build: Callable[..., QuerySet[Any, Row]], args: Any, kwargs: Any) -> QuerySet[Any, Row]:
    places = count()

    def slot(value: Any) -> Any:
        if type(value) is not tuple:
            return slot_for(next(places), value)
        taken = [next(places) for _ in value]
        return slots_for(taken[0] if taken else 0, value)

    placed = [slot(value) for value in args]
    return build(*placed, **{name: slot(value) for name, value in kwargs.items()})
