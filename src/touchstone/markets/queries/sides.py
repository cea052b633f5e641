"""Studies of the same length before and after many moments, for what is asked of all stories together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np

from touchstone.eventstudy import Design, EventStudyError, PriceSeries, Study, run_study
from touchstone.markets.models import Instrument, Interval
from touchstone.markets.queries.history import closes_between


@dataclass(frozen=True, slots=True)
class Scale:
    """How closely the time around a moment is studied.

    window     : length on either side of the moment
    reach      : time before the moment that is read; what lies before the window teaches what is normal
    kept_for   : how far back moments can lie so that all of it is still there
    cluster_s  : moments within the same stretch of this length may share their noise
    """

    name: str
    window: timedelta
    step_s: int
    read_s: int
    reach: timedelta
    kept_for: timedelta
    cluster_s: int

    @property
    def steps(self) -> int:
        """Returns on either side."""
        return int(self.window.total_seconds()) // self.step_s


DAY_S = 86_400
HOURS = Scale("hours", timedelta(hours=4), 300, Interval.MINUTE, timedelta(days=2), timedelta(days=28), DAY_S)
DAY = Scale("day", timedelta(days=1), 3600, Interval.HOUR, timedelta(days=30), timedelta(days=699), 2 * DAY_S)
SCALES = {scale.name: scale for scale in (HOURS, DAY)}


def studies_around(moments: Sequence[tuple[Instrument, datetime]], scale: Scale) -> list[Study | None]:
    """A study for each moment, None where prices are missing or have gaps; each instrument's prices are read once.

    moments : instruments with their benchmark at hand
    """
    order = sorted(range(len(moments)), key=lambda place: moments[place][0].pk)
    since = min((at for _, at in moments), default=None)
    found: list[Study | None] = [None] * len(moments)
    if since is None:
        return found
    until = max(at for _, at in moments) + scale.window
    span_s = int((since - scale.reach).timestamp()), int(until.timestamp())
    kept: dict[int, PriceSeries | None] = {}
    for _, places in groupby(order, key=lambda place: moments[place][0].pk):
        for place in places:
            instrument, at = moments[place]
            own = _whole_series(instrument, scale, span_s, kept)
            yardstick = instrument.benchmark
            other = None
            if yardstick is not None and yardstick.pk != instrument.pk:
                other = _whole_series(yardstick, scale, span_s, kept)
            found[place] = _study(own, other, at.timestamp(), scale)
    return found


def _whole_series(
    instrument: Instrument, scale: Scale, span_s: tuple[int, int], kept: dict[int, PriceSeries | None]
) -> PriceSeries | None:
    """An instrument's prices over the whole span, read once; None for fewer than two."""
    if instrument.pk not in kept:
        ends_s, closes = closes_between(
            instrument.pk, interval_s=scale.read_s, since_s=span_s[0] - 1, until_s=span_s[1]
        )
        is_step = ends_s % scale.step_s == 0
        ends_s, closes = ends_s[is_step], closes[is_step]
        kept[instrument.pk] = PriceSeries(str(instrument), ends_s, closes) if len(ends_s) >= 2 else None
    return kept[instrument.pk]


def _study(own: PriceSeries | None, other: PriceSeries | None, at_s: float, scale: Scale) -> Study | None:
    span_s = at_s - scale.reach.total_seconds(), at_s + scale.window.total_seconds()
    series, benchmark = _between(own, span_s), _between(other, span_s)
    if series is None:
        return None
    design = Design(window_s=scale.window.total_seconds(), drift_steps=scale.steps, robust=False)
    try:
        found = run_study(series, at_s=at_s, benchmark=benchmark, design=design)
    except EventStudyError:
        return None
    return found if _is_whole(found, scale) else None


def _is_whole(found: Study, scale: Scale) -> bool:
    """Whether both windows have all their steps, without a pause in them."""
    length_s = scale.steps * scale.step_s
    windows = [found.window, found.drift]
    return all(
        window is not None and window.steps == scale.steps and window.end_s - window.start_s == length_s
        for window in windows
    )


def _between(series: PriceSeries | None, span_s: tuple[float, float]) -> PriceSeries | None:
    if series is None:
        return None
    first, last = np.searchsorted(series.times_s, span_s, side="left")
    if last - first < 2:
        return None
    return PriceSeries(series.symbol, series.times_s[first:last], series.prices[first:last])
