"""Places in a queryset that get their values when it runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BigIntegerField, BooleanField, CharField, DateTimeField, Expression, Field

from touchstone.statements.errors import NotASlot

# In this order, as a truth value is a whole number too; choices are numbers or texts.
FIELDS: tuple[tuple[type, type[Field]], ...] = (
    (bool, BooleanField),
    (int, BigIntegerField),
    (str, CharField),
    (datetime, DateTimeField),
)


class Hole:
    """Stands among the parameters of the SQL where a value belongs."""

    __slots__ = ("_field", "_place")

    def __init__(self, place: int, field: Field) -> None:
        self._place, self._field = place, field

    def fill(self, values: Sequence[Any], connection: Any) -> Any:
        """The value as the database driver takes it."""
        return self._field.get_db_prep_value(values[self._place], connection)


class Slot(Expression):
    """An expression whose value is not known yet: the place of its value, and of which kind it is."""

    def __init__(self, place: int, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.place = place

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002 - Django's signature
        """A placeholder, and a hole for its value."""
        return "%s", [Hole(self.place, self.output_field)]


class SlotList(Expression):
    """The right side of `in`: some values from a place on."""

    def __init__(self, place: int, count: int, output_field: Field) -> None:
        super().__init__(output_field=output_field)
        self.place, self.count = place, count

    def as_sql(self, compiler: Any, connection: Any) -> Any:  # noqa: ARG002 - Django's signature
        """Placeholders in brackets, and a hole for each value."""
        if not self.count:
            raise EmptyResultSet
        holes = [Hole(place, self.output_field) for place in range(self.place, self.place + self.count)]
        return f"({', '.join(['%s'] * self.count)})", holes


def slot_for(place: int, value: object) -> Slot:
    """A slot for values like this one. Raises NotASlot."""
    return Slot(place, field_for(value)())


def slots_for(place: int, values: Sequence[object]) -> SlotList:
    """Slots for as many values, all like the first one. Raises NotASlot."""
    return SlotList(place, len(values), field_for(values[0] if values else 0)())


def field_for(value: object) -> type[Field]:
    """The kind of field that takes values like this one. Raises NotASlot."""
    for kind, field in FIELDS:
        if isinstance(value, kind):
            return field
    raise NotASlot(value=value)
