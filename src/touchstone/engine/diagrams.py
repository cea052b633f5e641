"""Plots as SVG text: no script, no style attribute, colours from the page's text colour unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from touchstone.engine.arrays import Floats
from touchstone.engine.metrics import ReliabilityRow

SIZE, MARGIN = 400, 64
PLOT = SIZE - 2 * MARGIN
GOLDEN = 0.6180339887498949
COLOURS = ("#1b6ca8", "#c2570c", "#4d7c0f", "#7e22ce", "#475569")


def draw_reliability(curves: Mapping[str, Sequence[ReliabilityRow]], *, title: str, standalone: bool = False) -> str:
    """A reliability diagram: forecast across, share of stories that were real upward, one dot a bin, larger for more.

    curves     : by name, bins as `reliability` gives them; a calibrated forecaster's dots lie on the diagonal
    standalone : a file of its own, with a white ground and dark text, instead of part of a page
    """
    legend = 22 * ((len(curves) + 1) // 2)
    parts = _frame(SIZE, SIZE + legend, title, _described(curves), standalone)
    parts += _axes()
    for number, (name, rows) in enumerate(curves.items()):
        parts += _curve(rows, COLOURS[number % len(COLOURS)])
        parts.append(_legend_entry(name, number))
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_dots(
    rows: Mapping[str, Mapping[str, float]], *, title: str, axis: str, most: float, standalone: bool = False
) -> str:
    """A dot plot: one line a row, one dot a method, values from 0 to `most` across; larger values sit on the edge.

    rows : by row name, value by method; every row may hold other methods
    """
    methods = list(dict.fromkeys(method for row in rows.values() for method in row))
    width, left, step = 640, 130, 26
    bottom = 44 + step * len(rows)
    height = bottom + 46 + 20 * ((len(methods) + 2) // 3)
    described = f"{axis}, from 0 to {most:g}. " + " ".join(
        f"{name}: " + ", ".join(f"{method} {value:.3f}" for method, value in row.items()) + "."
        for name, row in rows.items()
    )
    parts = _frame(width, height, title, described, standalone)
    span = width - left - 24
    parts += [_text(left + span * k / 4, bottom + 16, f"{most * k / 4:g}", "middle") for k in range(5)]
    parts += [_line(left + span * k / 4, 36, left + span * k / 4, bottom, 0.15) for k in range(5)]
    for number, (name, row) in enumerate(rows.items()):
        y = 48 + step * number
        parts += [_text(left - 10, y + 4, name, "end"), _line(left, y, left + span, y, 0.15)]
        for method, value in row.items():
            x = left + span * min(max(value / most, 0.0), 1.0)
            parts.append(_dot(x, y, 5.0, COLOURS[methods.index(method) % len(COLOURS)]))
    for number, method in enumerate(methods):
        x, y = left + (number % 3) * 160, bottom + 40 + 20 * (number // 3)
        parts += [_dot(x, y - 4, 5.0, COLOURS[number % len(COLOURS)]), _text(x + 10, y, method, "start")]
    return "\n".join([*parts, "</svg>"]) + "\n"


def draw_strips(groups: Mapping[str, Floats], *, title: str, axis: str, standalone: bool = False) -> str:
    """One strip a group, one faint dot a value, a bar at the group's mean; all on one axis.

    groups : by name, float64, shape (n_values,)
    """
    width, left, step, top = 640, 130, 56, 48
    bottom = top + step * len(groups)
    furthest = max((float(np.abs(values).max()) for values in groups.values() if len(values)), default=1.0) or 1.0
    means = {name: float(values.mean()) if len(values) else 0.0 for name, values in groups.items()}
    described = " ".join(f"{name}: {len(values)}, mean {means[name]:.2f}." for name, values in groups.items())
    parts = _frame(width, bottom + 40, title, described, standalone)
    middle, half = left + (width - left - 24) / 2, (width - left - 24) / 2
    parts += [_line(middle, top - 12, middle, bottom, 0.4, dashed=True), _text(middle, bottom + 24, axis, "middle")]
    for number, (name, values) in enumerate(groups.items()):
        y = top + step * number + step / 2
        colour = COLOURS[number % len(COLOURS)]
        parts.append(_text(left - 10, y + 4, name, "end"))
        for place, value in enumerate(values.tolist()):
            spread = (place * GOLDEN % 1.0 - 0.5) * (step - 16)
            parts.append(_dot(middle + half * value / furthest, y + spread, 2.5, colour))
        x = middle + half * means[name] / furthest
        parts.append(_line(x, y - step / 2 + 4, x, y + step / 2 - 4, 1.0))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _frame(width: float, height: float, title: str, described: str, standalone: bool) -> list[str]:
    ground = [f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>'] if standalone else []
    colour = ' color="#1c1917"' if standalone else ""
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" class="diagram"{colour}'
        ' font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(described)}</desc>",
        *ground,
        _text(width / 2, 22, title, "middle", weight=600),
    ]


def _described(curves: Mapping[str, Sequence[ReliabilityRow]]) -> str:
    sentences = []
    for name, rows in curves.items():
        bins = "; ".join(
            f"{row.n} stories forecast at {100 * row.forecast:.0f} %, {100 * row.outcome:.0f} % real" for row in rows
        )
        sentences.append(f"{name}: {bins}.")
    return " ".join(sentences)


def _axes() -> list[str]:
    parts = [_line(MARGIN, SIZE - MARGIN, SIZE - MARGIN, MARGIN, 0.5, dashed=True)]
    for k in range(0, 101, 25):
        x, y = _place(k / 100, k / 100)
        parts += [
            _line(x, MARGIN, x, SIZE - MARGIN, 0.15),
            _line(MARGIN, y, SIZE - MARGIN, y, 0.15),
            _text(x, SIZE - MARGIN + 16, f"{k} %", "middle"),
            _text(MARGIN - 6, y + 4, f"{k} %", "end"),
        ]
    middle = SIZE / 2
    upward = _text(14, middle, "share that was real", "middle").replace(
        "<text ", f'<text transform="rotate(-90 14 {middle:g})" ', 1
    )
    return [*parts, _text(middle, SIZE - 20, "forecast", "middle"), upward]


def _curve(rows: Sequence[ReliabilityRow], colour: str) -> list[str]:
    if not rows:
        return []
    most = max(row.n for row in rows)
    places = [_place(row.forecast, row.outcome) for row in rows]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line = f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-opacity="0.6"/>'
    return [
        line,
        *(_dot(x, y, 2.5 + 5.0 * (row.n / most) ** 0.5, colour) for (x, y), row in zip(places, rows, strict=True)),
    ]


def _legend_entry(name: str, number: int) -> str:
    x, y = MARGIN + (number % 2) * (PLOT / 2), SIZE + 14 + 22 * (number // 2)
    return _dot(x, y - 4, 5.0, COLOURS[number % len(COLOURS)]) + _text(x + 10, y, name, "start")


def _place(across: float, upward: float) -> tuple[float, float]:
    return MARGIN + PLOT * across, SIZE - MARGIN - PLOT * upward


def _line(x1: float, y1: float, x2: float, y2: float, opacity: float, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="currentColor" stroke-opacity="{opacity:g}"{dash}/>'


def _dot(x: float, y: float, radius: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.85"/>'


def _text(x: float, y: float, words: str, anchor: str, *, weight: int = 400) -> str:
    heavy = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor"{heavy}>{escape(words)}</text>'
