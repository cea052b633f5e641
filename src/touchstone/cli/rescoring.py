"""Recompute a published index row with the trust engine, from the row's counts and basis alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from touchstone.engine.index import WEIGHT_STEPS, KeyVotes, StoryTrust, score_tally, score_weighted
from touchstone.transparency import Json

NOT_FIGURES = frozenset({"real", "fake", "probability"})


def score_row(row: Mapping[str, Json]) -> dict[str, object]:
    """The figures that an index row must have published, by name; fractions as floats.

    row : story, real, fake and, where more than the counts entered, a basis of weights in 1/1024 by key and side.
    Raises KeyError or TypeError for a row that is not so.
    """
    trust = _score(row)
    figures: dict[str, object] = {
        field.name: getattr(trust, field.name) for field in fields(StoryTrust) if field.name not in NOT_FIGURES
    }
    if "basis" in row:
        figures["probability"] = trust.probability
    return figures


def _score(row: Mapping[str, Json]) -> StoryTrust:
    real, fake = _count(row["real"]), _count(row["fake"])
    if "basis" not in row:
        return score_tally(real, fake)
    basis = _members(row["basis"])
    probability = basis["probability"]
    return score_weighted(
        _key_votes(basis["open"]),
        None if basis["earned"] is None else _key_votes(basis["earned"]),
        counted=(real, fake),
        probability=None if probability is None else float(str(probability)),
        discounted=tuple((str(_items(pair)[0]), _count(_items(pair)[1])) for pair in _items(basis["discounted"])),
        has_both_sides=basis["both_sides"] is True,
    )


def _key_votes(value: Json) -> KeyVotes:
    sides = _members(value)
    return KeyVotes(real=_weights(sides["real"]), fake=_weights(sides["fake"]))


def _weights(value: Json) -> tuple[float, ...]:
    """Weights from runs of [weight in 1/1024, how many voters], heaviest first."""
    weights: list[float] = []
    for run in _items(value):
        weight, count = _items(run)
        weights += [_count(weight) / WEIGHT_STEPS] * _count(count)
    return tuple(weights)


def _members(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError("a basis that is not an object")
    return value


def _items(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("a list is missing in the basis")
    return value


def _count(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is not a whole number")
    return value
