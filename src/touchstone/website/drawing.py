"""Where the parts of a chart stand; charts are SVG that the server writes, in per cent so that they fit any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BAR_FILL = 0.72


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
