"""One event, one instrument: what its price did, what was normal, and whether the difference is more than noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from touchstone.eventstudy.errors import EventOutsidePrices, TooFewPrices
from touchstone.eventstudy.market_model import NormalModel, fit_normal, stir_factor
from touchstone.eventstudy.returns import Floats, PriceSeries, Returns, log_returns
from touchstone.eventstudy.significance import Estimate, estimate, holm_adjusted
from touchstone.eventstudy.student import critical_t

MIN_ESTIMATION_STEPS = 20
# Fixed lengths that are looked at beside the main window, as far as the prices reach.
SIDE_WINDOWS_S = (900.0, 3600.0, 14_400.0, 86_400.0, 7 * 86_400.0)


@dataclass(frozen=True, slots=True)
class Design:
    """The choices of a study, made before looking.

    window_s         : length of the event window, seconds; None runs to the last price
    estimation_steps : returns that teach what is normal, the last ones before the drift window; None takes all
    drift_steps      : returns just before the event that are studied as drift and teach nothing; None takes as many
                       as the event window has, at most a fifth of what lies before the event
    confidence       : of the intervals
    robust           : widen intervals where residuals lean on their neighbours, or are louder after the event
    excuse_stir      : whether louder returns after the event widen intervals; not where loudness is what is asked about
    """

    window_s: float | None = None
    estimation_steps: int | None = None
    drift_steps: int | None = None
    confidence: float = 0.95
    robust: bool = True
    excuse_stir: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """What happened in a stretch of time.

    raw_return      : change of the price, as a fraction
    abnormal        : the part of it that the model does not expect, as a fraction, with its interval
    holm_p_value    : the p-value corrected for the number of windows looked at
    scaled_sum      : cumulative abnormal logarithmic return over its standard error, for tests across events
    """

    start_s: float
    end_s: float
    steps: int
    raw_return: float
    abnormal: Estimate
    holm_p_value: float
    scaled_sum: float


@dataclass(frozen=True, slots=True)
class Study:
    """The outcome of an event study.

    at_s       : the event; price_at is the last price at or before it
    window     : from that price to the end of the event window
    side       : fixed windows after the event, shorter than the prices reach
    drift      : the stretch just before the event; None if it was left out
    stir       : how many times louder the returns after the event are than before; 1 if that may be chance
    path_s     : float64, shape (n_event_steps,), times of the path
    path       : float64, shape (n_event_steps,), cumulative abnormal return up to each time, as a fraction
    path_reach : float64, shape (n_event_steps,), half the width of a 95 % interval around it, in logarithms
    abnormal_steps : float64, shape (n_event_steps,), abnormal logarithmic returns
    drift_steps    : float64, shape (n_drift_steps,), the same before the event
    learned_s      : float64, shape (n_steps,), ends of the returns that the model was learned from
    """

    instrument: str
    benchmark: str | None
    at_s: float
    price_at: float
    price_end: float
    window: Window
    side: tuple[Window, ...]
    drift: Window | None
    model: NormalModel
    stir: float
    path_s: Floats
    path: Floats
    path_reach: Floats
    abnormal_steps: Floats
    drift_steps: Floats
    learned_s: Floats

    @property
    def is_distinguishable(self) -> bool:
        """Whether the abnormal return of the main window is more than noise at the chosen confidence."""
        return self.window.abnormal.is_distinguishable


def run_study(
    series: PriceSeries, *, at_s: float, benchmark: PriceSeries | None = None, design: Design | None = None
) -> Study:
    """Study what a price did after a moment, compared with what was normal before it.

    at_s : the event, seconds since 1970; there must be prices at or before it and after it

    Raises EventOutsidePrices, TooFewPrices, BenchmarkUnusable or SeriesUnusable.
    Source: docs/explanation/event-study.md
    """
    design = design or Design()
    returns = log_returns(series, benchmark)
    first, last = _event_steps(returns, series.symbol, at_s, design)
    drift = _drift_length(design, before=first, length=last - first)
    model, learned_s = _learn(returns, series.symbol, benchmark, first - drift, design)
    case = _Case(returns, model, design.confidence, event=first, has_stir=design.robust and design.excuse_stir)
    stretches = [(first, last), *_side_stretches(returns, first, last, at_s)]
    if drift:
        stretches.append((first - drift, first))
    main, *others = case.describe_all(stretches)
    held = case.piece(first, last)
    path = np.cumsum(held.abnormal)
    return Study(
        instrument=series.symbol,
        benchmark=None if benchmark is None else benchmark.symbol,
        at_s=at_s,
        price_at=_price_on(series, main.start_s),
        price_end=_price_on(series, main.end_s),
        window=main,
        side=tuple(others[:-1] if drift else others),
        drift=others[-1] if drift else None,
        model=model,
        stir=held.stir,
        path_s=returns.ends_s[first:last],
        path=np.expm1(path),
        path_reach=critical_t(design.confidence, model.df) * held.sum_sds,
        abnormal_steps=held.abnormal,
        drift_steps=case.piece(first - drift, first).abnormal,
        learned_s=learned_s,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """Consecutive returns: what was abnormal in each, and the standard error of each running sum."""

    abnormal: Floats
    sum_sds: Floats
    stir: float


@dataclass(frozen=True, slots=True)
class _Case:
    """Returns and the model of what is normal for them."""

    returns: Returns
    model: NormalModel
    confidence: float
    event: int
    has_stir: bool

    def piece(self, start: int, end: int) -> _Piece:
        """The returns from `start` up to, not including, `end`."""
        part = slice(start, end)
        benchmark = None if self.returns.benchmark is None else self.returns.benchmark[part]
        steps = self.returns.steps[part]
        abnormal = self.model.abnormal(self.returns.own[part], benchmark, steps)
        may_be_stirred = self.has_stir and start >= self.event
        stir = stir_factor(abnormal / np.sqrt(steps), self.model.residuals) if may_be_stirred else 1.0
        return _Piece(abnormal=abnormal, sum_sds=self.model.sum_sds(benchmark, steps, stir=stir), stir=stir)

    def describe_all(self, stretches: list[tuple[int, int]]) -> list[Window]:
        """What happened in each stretch, p-values corrected for their number."""
        estimates = [self._estimate(start, end) for start, end in stretches]
        corrected = holm_adjusted([each.p_value for each in estimates])
        return [
            self._describe(stretch, found, p_value)
            for stretch, found, p_value in zip(stretches, estimates, corrected, strict=True)
        ]

    def _estimate(self, start: int, end: int) -> Estimate:
        held = self.piece(start, end)
        in_logs = estimate(
            float(held.abnormal.sum()), float(held.sum_sds[-1]), df=self.model.df, confidence=self.confidence
        )
        return Estimate(
            value=math.expm1(in_logs.value),
            low=math.expm1(in_logs.low),
            high=math.expm1(in_logs.high),
            standard_error=in_logs.standard_error,
            p_value=in_logs.p_value,
        )

    def _describe(self, stretch: tuple[int, int], found: Estimate, p_value: float) -> Window:
        start, end = stretch
        in_logs = math.log1p(found.value)
        return Window(
            start_s=float(self.returns.ends_s[start - 1]) if start else self.returns.start_s,
            end_s=float(self.returns.ends_s[end - 1]),
            steps=end - start,
            raw_return=math.expm1(float(self.returns.own[start:end].sum())),
            abnormal=found,
            holm_p_value=p_value,
            scaled_sum=in_logs / found.standard_error if found.standard_error else 0.0,
        )


def _event_steps(returns: Returns, symbol: str, at_s: float, design: Design) -> tuple[int, int]:
    """First return of the event window, and one past its last."""
    starts_s = np.concatenate([[returns.start_s], returns.ends_s[:-1]])
    first = int(np.searchsorted(starts_s, at_s, side="right")) - 1
    if first < 0 or at_s >= returns.ends_s[-1]:
        raise EventOutsidePrices(symbol, at_s=at_s, first_s=returns.start_s, last_s=float(returns.ends_s[-1]))
    if design.window_s is None:
        return first, len(returns.ends_s)
    return first, max(first + 1, int(np.searchsorted(returns.ends_s, at_s + design.window_s, side="right")))


def _side_stretches(returns: Returns, first: int, last: int, at_s: float) -> list[tuple[int, int]]:
    ends = (int(np.searchsorted(returns.ends_s, at_s + length_s, side="right")) for length_s in SIDE_WINDOWS_S)
    return [(first, end) for end in dict.fromkeys(ends) if first < end < last]


def _drift_length(design: Design, *, before: int, length: int) -> int:
    if design.drift_steps is not None:
        return min(design.drift_steps, before)
    return max(0, min(length, before // 5, before - MIN_ESTIMATION_STEPS))


def _learn(
    returns: Returns, symbol: str, benchmark: PriceSeries | None, until: int, design: Design
) -> tuple[NormalModel, Floats]:
    """The model, and the ends of the returns it was learned from."""
    start = 0 if design.estimation_steps is None else max(0, until - design.estimation_steps)
    is_usual = returns.steps[start:until] == 1.0
    found = int(is_usual.sum())
    if found < MIN_ESTIMATION_STEPS:
        raise TooFewPrices(symbol, found=found, needed=MIN_ESTIMATION_STEPS)
    own, ends_s = returns.own[start:until][is_usual], returns.ends_s[start:until][is_usual]
    if benchmark is None or returns.benchmark is None:
        return fit_normal(own, None, robust=design.robust), ends_s
    yardstick = returns.benchmark[start:until][is_usual]
    return fit_normal(own, yardstick, symbol=benchmark.symbol, robust=design.robust), ends_s


def _price_on(series: PriceSeries, time_s: float) -> float:
    return float(series.prices[int(np.searchsorted(series.times_s, time_s))])
