"""The level of a basket: a geometric index of its members' prices, chained where membership changes; pure.

Between two changes of membership the level moves by exp(Σ weight × change of log price), weights adding up to one. A
geometric index has the same level at a moment whichever bars it is read from, which an index of shares held does not.
Source: docs/explanation/baskets.md
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

START_LEVEL = 100.0
FOREVER_S = 2**40

# Instrument id and moment (seconds since 1970) → its last closing price by then, or None.
PriceAt = Callable[[int, float], float | None]


@dataclass(frozen=True, slots=True)
class Membership:
    """An instrument's relative weight from one moment up to another, seconds since 1970."""

    instrument_id: int
    weight: float
    since_s: int
    until_s: int = FOREVER_S


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which membership does not change; weights by instrument id, adding up to one."""

    since_s: int
    until_s: int
    weights: Mapping[int, float]


def periods_of(memberships: Sequence[Membership]) -> list[Period]:
    """The times between changes of membership that have any member, in order."""
    edges = sorted({moment for each in memberships for moment in (each.since_s, each.until_s)})
    found = []
    for since_s, until_s in pairwise(edges):
        held = {each.instrument_id: each.weight for each in memberships if each.since_s <= since_s < each.until_s}
        total = sum(held.values())
        if total > 0:
            found.append(Period(since_s, until_s, {key: weight / total for key, weight in held.items()}))
    return found


def levels_at(periods: Iterable[Period], moments_s: Sequence[float], price_at: PriceAt) -> list[float | None]:
    """The basket's level at each moment (in order of time); None while any member's price is unknown.

    The level is 100 at the first moment of the first period at which every member has a price.
    """
    levels: dict[float, float | None] = dict.fromkeys(moments_s)
    start: float | None = START_LEVEL
    for period in periods:
        base = {key: price_at(key, period.since_s) for key in period.weights}
        for moment_s in moments_s:
            if period.since_s <= moment_s < period.until_s:
                _settle_bases(base, moment_s, price_at)
                levels[moment_s] = _level(period, base, moment_s, start, price_at)
        end = _level(period, base, period.until_s, start, price_at) if period.until_s < FOREVER_S else None
        start = end if end is not None else start
    return list(levels.values())


def _settle_bases(base: dict[int, float | None], moment_s: float, price_at: PriceAt) -> None:
    """A basket whose members had no price when it began starts where all of them have one."""
    if any(price is None for price in base.values()):
        base.update({key: price_at(key, moment_s) for key in base})


def _level(
    period: Period, base: Mapping[int, float | None], moment_s: float, start: float | None, price_at: PriceAt
) -> float | None:
    if start is None:
        return None
    growth = 0.0
    for key, weight in period.weights.items():
        then, now = base[key], price_at(key, moment_s)
        if then is None or now is None:
            return None
        growth += weight * math.log(now / then)
    return start * math.exp(growth)
