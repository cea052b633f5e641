"""What prices did since a moment, and whether that was more than noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np

from touchstone.eventstudy import Design, EventStudyError, PriceSeries, Study, run_study
from touchstone.markets.models import Basket, Instrument, Interval, Quote
from touchstone.markets.queries.history import closes_between
from touchstone.markets.queries.indices import levels_of

# After this long, other news has moved the price more often than the story could have.
LONGEST_WINDOW = timedelta(days=7)
STUDIES_KEPT = 128
SERIES_KEPT = 32


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely a window of a certain length is studied.

    up_to     : longest event window
    reach     : how much time before the event teaches what is normal
    """

    up_to: timedelta
    read_s: int
    step_s: int
    reach: timedelta


GRAINS = (
    Grain(timedelta(hours=6), Interval.MINUTE, 60, timedelta(hours=30)),
    Grain(timedelta(days=1), Interval.MINUTE, 300, timedelta(days=2)),
    Grain(LONGEST_WINDOW, Interval.HOUR, 3600, timedelta(days=30)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Impact:
    """A story panel's line: what an instrument or basket did since publication; changes in per cent.

    window_ends_at : end of the time that was studied, at most seven days after the moment
    verdict        : a sentence for readers
    """

    name: str
    symbol: str
    url: str
    benchmark: str | None
    price_then: float
    price_now: float
    raw_pct: float
    abnormal_pct: float
    low_pct: float
    high_pct: float
    p_value: float
    is_distinguishable: bool
    drifted_before: bool
    verdict: str
    studied_from: datetime
    window_ends_at: datetime
    is_simulated: bool
    study: Study


def study_since(subject: Instrument | Basket, at: datetime, *, now: datetime) -> Impact | None:
    """The study of an instrument or basket from a moment to now (or a week after it); None without enough prices.

    Answers are kept for the minute that `now` lies in.
    """
    kind = "instrument" if isinstance(subject, Instrument) else "basket"
    return _study_in_minute(kind, subject.pk, at, int(min(now, at + LONGEST_WINDOW).timestamp()) // 60)


@lru_cache(maxsize=STUDIES_KEPT)
def _study_in_minute(kind: str, key: int, at: datetime, minute: int) -> Impact | None:
    end = datetime.fromtimestamp(60 * minute, tz=UTC)
    model: type[Instrument] | type[Basket] = Instrument if kind == "instrument" else Basket
    subject = model.objects.select_related("benchmark").get(pk=key)
    for grain in GRAINS:
        if end - at <= grain.up_to:
            found = _study_with(subject, at, end, grain)
            if found is not None:
                return found
    return None


def _study_with(subject: Instrument | Basket, at: datetime, end: datetime, grain: Grain) -> Impact | None:
    found = study_between(subject, at, end, grain=grain, design=Design())
    return None if found is None else _describe(subject, found)


def study_between(
    subject: Instrument | Basket, at: datetime, end: datetime, *, grain: Grain, design: Design
) -> Study | None:
    """The study of an event at a moment with prices up to an end, against the subject's benchmark; None without them.

    subject : with its benchmark at hand
    """
    span = (at - grain.reach, end)
    series = _series(subject, span, grain)
    yardstick = subject.benchmark
    benchmark = _series(yardstick, span, grain) if yardstick is not None and yardstick != subject else None
    if series is None:
        return None
    try:
        return run_study(series, at_s=at.timestamp(), benchmark=benchmark, design=design)
    except EventStudyError:
        return None


def _series(subject: Instrument | Basket, span: tuple[datetime, datetime], grain: Grain) -> PriceSeries | None:
    """Prices at every step of the grain within the span; None for fewer than two."""
    since_s, until_s = (int(moment.timestamp()) // grain.step_s * grain.step_s for moment in span)
    if isinstance(subject, Instrument):
        minute = int(span[1].timestamp()) // 60
        return _instrument_series(subject.pk, str(subject), (since_s, until_s), grain, minute)
    moments = list(range(since_s, until_s + 1, grain.step_s))
    return _priced(str(subject), *_known(moments, levels_of(subject, moments, interval_s=grain.read_s)))


@lru_cache(maxsize=SERIES_KEPT)
def _instrument_series(key: int, symbol: str, span_s: tuple[int, int], grain: Grain, minute: int) -> PriceSeries | None:
    """An instrument's prices, kept for a minute: the instruments of a story share their benchmark and their time."""
    del minute  # it only ends the time for which the answer is kept
    ends_s, closes = closes_between(key, interval_s=grain.read_s, since_s=span_s[0] - 1, until_s=span_s[1])
    is_step = ends_s % grain.step_s == 0
    return _priced(symbol, ends_s[is_step], closes[is_step])


def _priced(name: str, times_s: np.ndarray, prices: np.ndarray) -> PriceSeries | None:
    return PriceSeries(name, times_s, prices) if len(times_s) >= 2 else None


def _known(moments: Sequence[int], levels: Sequence[float | None]) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(moment, level) for moment, level in zip(moments, levels, strict=True) if level is not None]
    held = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return held[:, 0], held[:, 1]


def _describe(subject: Instrument | Basket, found: Study) -> Impact:
    abnormal = found.window.abnormal
    is_instrument = isinstance(subject, Instrument)
    member_of = {"instrument": subject} if is_instrument else {"instrument__baskets__basket": subject}
    return Impact(
        name=subject.name,
        symbol=subject.symbol if isinstance(subject, Instrument) else "",
        url=subject.get_absolute_url(),
        benchmark=found.benchmark,
        price_then=found.price_at,
        price_now=found.price_end,
        raw_pct=100 * found.window.raw_return,
        abnormal_pct=100 * abnormal.value,
        low_pct=100 * abnormal.low,
        high_pct=100 * abnormal.high,
        p_value=abnormal.p_value,
        is_distinguishable=found.is_distinguishable,
        drifted_before=found.drift is not None and found.drift.abnormal.is_distinguishable,
        verdict=_verdict(found),
        studied_from=datetime.fromtimestamp(found.window.start_s, tz=UTC),
        window_ends_at=datetime.fromtimestamp(found.window.end_s, tz=UTC),
        is_simulated=Quote.objects.filter(**member_of, is_simulated=True).exists(),
        study=found,
    )


def _verdict(found: Study) -> str:
    if not found.is_distinguishable:
        return "not distinguishable from noise"
    way = "rose" if found.window.abnormal.value > 0 else "fell"
    return f"{way} more than noise explains"


def forget_studies() -> None:
    """Forget all kept answers, for example after a history was imported."""
    _study_in_minute.cache_clear()
    _instrument_series.cache_clear()
