"""Recompute a published index row with the trust engine, from the row's counts and basis alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from touchstone.engine.basis import Basis, plain_basis, score_basis
from touchstone.engine.errors import BadBasis
from touchstone.engine.index import StoryTrust
from touchstone.transparency import Json

NOT_FIGURES = frozenset({"real", "fake", "probability", "review"})


def score_row(row: Mapping[str, Json]) -> dict[str, object]:
    """The figures that an index row must have published, by name; fractions as floats.

    row : story, real, fake and, where more than the counts entered, a basis as `engine.Basis.as_fields` writes it
    Raises KeyError or TypeError for a row that is not so, or whose basis has other counts than the row.
    """
    trust = score_basis(_basis_of(row))
    return {field.name: getattr(trust, field.name) for field in fields(StoryTrust) if field.name not in NOT_FIGURES}


def _basis_of(row: Mapping[str, Json]) -> Basis:
    real, fake = _count(row["real"]), _count(row["fake"])
    if "basis" not in row:
        return plain_basis(real, fake)
    written = row["basis"]
    if not isinstance(written, dict):
        raise TypeError("a basis that is not an object")
    try:
        basis = Basis.from_fields(written)
    except BadBasis as err:
        raise TypeError(str(err)) from err
    if (sum(place.real for place in basis.places), sum(place.fake for place in basis.places)) != (real, fake):
        raise TypeError("the places of a basis hold other counts than the row")
    return basis


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is not a whole number")
    return value
