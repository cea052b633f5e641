"""Where the parts of a chart stand; charts are SVG that the server writes, in per cent so that they fit any width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BAR_FILL = 0.72
BOX = 1000
HEADROOM = 0.06
GRID_LINES = 4
NICE_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a bar chart: left edge, width and height in per cent of the chart, top so that it stands below."""

    name: str
    value: float
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a bar of 100 %."""

    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Level:
    """A grid line: its value and its height from the top."""

    value: float
    y: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points in time, drawn in a box of 1000 by 1000 that is stretched to the chart.

    path, area : SVG path data; levels : grid lines; first, last : the times at both ends, in seconds since 1970
    """

    path: str
    area: str
    levels: list[Level]
    first: float
    last: float
    lowest: float
    highest: float

    def x_of(self, moment: float) -> str | None:
        """Where a moment stands from the left; None outside of the chart."""
        share = self.share_of(moment)
        return None if share is None else pct(share)

    def share_of(self, moment: float) -> float | None:
        """The same in per cent of the width."""
        if not self.first <= moment <= self.last:
            return None
        return 100 * (moment - self.first) / ((self.last - self.first) or 1)

    def y_of(self, value: float) -> str:
        """Where a value stands from the top."""
        return pct(_down(value, self.lowest, self.highest) / 10)


def line(points: Sequence[tuple[float, float]], *, breaks_s: float = float("inf")) -> Line | None:
    """The line through (time in seconds, value); it breaks where no point came for longer; None under two points."""
    if len(points) < 2:
        return None
    values = [value for _, value in points]
    levels = _levels(min(values), max(values))
    room = ((max(values) - min(values)) or abs(max(values)) or 1.0) * HEADROOM
    lowest, highest = min(values) - room, max(values) + room
    first, last = points[0][0], points[-1][0]
    width = (last - first) or 1.0
    placed = [(BOX * (at - first) / width, _down(value, lowest, highest)) for at, value in points]
    runs = _runs(points, placed, breaks_s)
    traces = [_trace(run) for run in runs]
    path = "".join(traces)
    area = "".join(f"{trace}V{BOX}H{round(run[0][0])}Z" for trace, run in zip(traces, runs, strict=True))
    shown = [Level(value, pct(_down(value, lowest, highest) / 10)) for value in levels if lowest <= value <= highest]
    return Line(path, area, shown, first, last, lowest, highest)


def open_path(times: Sequence[float], values: Sequence[float]) -> str:
    """SVG path data of values on a scale of 100 over time, in a box of 1000 by 1000."""
    return _trace(_on_scale(times, values))


def closed_band(times: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    """SVG path data of the band between two lines on a scale of 100 over time."""
    return _trace([*_on_scale(times, high), *reversed(_on_scale(times, low))]) + "Z"


def _on_scale(times: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    width = (times[-1] - times[0]) or 1.0
    return [(BOX * (at - times[0]) / width, BOX * (1 - value / 100)) for at, value in zip(times, values, strict=True)]


def _runs(
    points: Sequence[tuple[float, float]], placed: Sequence[tuple[float, float]], breaks_s: float
) -> list[list[tuple[float, float]]]:
    runs = [[placed[0]]]
    for place in range(1, len(placed)):
        if points[place][0] - points[place - 1][0] > breaks_s:
            runs.append([])
        runs[-1].append(placed[place])
    return runs


def _trace(points: Sequence[tuple[float, float]]) -> str:
    """SVG path data through the points; whole numbers and steps, because pages carry many of them."""
    whole = [(round(x), round(y)) for x, y in points]
    steps = [f"{x - was_x} {y - was_y}" for (was_x, was_y), (x, y) in pairwise(whole)]
    return f"M{whole[0][0]} {whole[0][1]}" + (f"l{' '.join(steps)}" if steps else "").replace(" -", "-")


def _down(value: float, lowest: float, highest: float) -> float:
    return BOX * (highest - value) / ((highest - lowest) or 1.0)


def _levels(low: float, high: float) -> list[float]:
    rough = ((high - low) or abs(high) or 1.0) / GRID_LINES
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = magnitude * next(nice for nice in NICE_STEPS if nice * magnitude >= rough)
    start = math.ceil(low / step)
    return [count * step for count in range(start, start + GRID_LINES + 2) if count * step <= high]


@dataclass(frozen=True, slots=True)
class Band:
    """A line within the band around zero where noise alone would keep it, in a box of 1000 by 1000.

    path, area : SVG path data; zero : height of zero from the top
    """

    path: str
    area: str
    zero: str


def band(values: Sequence[float], reach: Sequence[float]) -> Band:
    """The values, from zero on, before a band of that half-width around zero; at least one value."""
    most = max(max(abs(value) for value in values), max(reach)) * (1 + HEADROOM) or 1.0
    width = BOX / len(values)

    def place(number: int, value: float) -> tuple[float, float]:
        return width * number, _down(value, -most, most)

    line_points = [place(number, value) for number, value in enumerate([0.0, *values])]
    above = [place(number, value) for number, value in enumerate([0.0, *reach])]
    below = [(x, BOX - y) for x, y in reversed(above)]
    return Band(path=_trace(line_points), area=_trace([*above, *below]) + "Z", zero=pct(50))


def bars(named: Sequence[tuple[str, float]]) -> list[Bar]:
    """Bars side by side, the highest reaching the top."""
    highest = max((value for _, value in named), default=0) or 1
    step = 100 / max(1, len(named))
    return [
        Bar(
            name=name,
            value=value,
            x=pct(place * step + step * (1 - BAR_FILL) / 2),
            y=pct(100 - 100 * value / highest),
            width=pct(step * BAR_FILL),
            height=pct(100 * value / highest),
        )
        for place, (name, value) in enumerate(named)
    ]


def stack(values: Sequence[float]) -> list[Span]:
    """The values as parts of one bar, from the left."""
    total = sum(values) or 1
    spans, left = [], 0.0
    for value in values:
        spans.append(Span(pct(100 * left / total), pct(100 * value / total)))
        left += value
    return spans


def pct(value: float) -> str:
    """A length in per cent as SVG writes it."""
    return f"{value:.2f}%"
