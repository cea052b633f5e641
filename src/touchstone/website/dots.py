"""Dot plots: every value a dot on one scale, dots that would cover each other side by side."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from touchstone.website.drawing import NICE_STEPS, pct

COLUMNS = 80
ROW_PX = 84
DOT_PX = 6.0
MARGIN_PCT = 4.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A dot: from the left in per cent, from the middle of its row in pixels."""

    x: str
    y: float


@dataclass(frozen=True, slots=True)
class Row:
    """The dots of one row, and their mean with its interval."""

    dots: list[Dot]
    mean: str
    low: str
    width: str


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Rows under one scale that has zero in its middle; marks are (value, place from the left)."""

    rows: list[Row]
    marks: list[tuple[float, str]]


def dot_plot(rows: Sequence[tuple[Sequence[float], tuple[float, float, float]]]) -> DotPlot:
    """The plot of rows of (values, (mean, low end, high end of its interval)), all in the same unit."""
    most = max((abs(value) for values, spread in rows for value in [*values, *spread]), default=0.0) or 1.0
    step = _nice_step(most / 3)
    marks = [step * count for count in range(-math.floor(most / step), math.floor(most / step) + 1)]
    return DotPlot(
        rows=[_row(values, spread, most) for values, spread in rows],
        marks=[(mark, pct(_place(mark, most))) for mark in marks],
    )


def _row(values: Sequence[float], spread: tuple[float, float, float], most: float) -> Row:
    mean, low, high = (_place(value, most) for value in spread)
    taken: Counter[int] = Counter()
    columns = [round(_place(value, most) / 100 * COLUMNS) for value in values]
    fullest = max(Counter(columns).values(), default=1)
    apart = min(DOT_PX, (ROW_PX - 2 * DOT_PX) / fullest)
    dots = []
    for value, column in sorted(zip(values, columns, strict=True)):
        count = taken[column]
        taken[column] += 1
        side = 1 if count % 2 else -1
        dots.append(Dot(pct(_place(value, most)), round(side * apart * math.ceil(count / 2), 1)))
    return Row(dots=dots, mean=pct(mean), low=pct(low), width=pct(max(0.2, high - low)))


def _place(value: float, most: float) -> float:
    """Per cent from the left, with a margin so that no dot is cut."""
    return 50.0 + (50.0 - MARGIN_PCT) * value / most


def _nice_step(rough: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return magnitude * next(nice for nice in NICE_STEPS if nice * magnitude >= rough * (1 - 1e-9))
