"""Whether abnormal returns are more than noise: for one event, and across many that may influence each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchstone.eventstudy.errors import SeriesUnusable
from touchstone.eventstudy.returns import Floats
from touchstone.eventstudy.student import critical_t, two_sided_p


@dataclass(frozen=True, slots=True)
class Estimate:
    """A quantity with its interval and the probability of one as far from zero if nothing happened."""

    value: float
    low: float
    high: float
    standard_error: float
    p_value: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A test statistic over several events and its two-sided p-value."""

    statistic: float
    p_value: float
    events: int


def estimate(value: float, standard_error: float, *, df: float, confidence: float) -> Estimate:
    """A value with its t-interval; with a standard error of 0 the value is exact."""
    if standard_error == 0.0:
        return Estimate(value, value, value, 0.0, 1.0 if value == 0.0 else 0.0)
    reach = critical_t(confidence, df) * standard_error
    return Estimate(value, value - reach, value + reach, standard_error, two_sided_p(value / standard_error, df))


def patell_test(scaled_sums: Floats, df: Floats) -> Outcome:
    """Whether standardised cumulative abnormal returns are zero on average, if events are independent.

    scaled_sums : float64, shape (n_events,): cumulative abnormal return over its standard error
    df          : float64, shape (n_events,): degrees of freedom of each event's model, above 2
    Source: Patell (1976), Journal of Accounting Research 14(2):246-276.
    """
    _require_events(scaled_sums, 1)
    statistic = float(scaled_sums.sum() / math.sqrt(float((df / (df - 2.0)).sum())))
    return Outcome(statistic, two_sided_p(statistic, math.inf), len(scaled_sums))


def bmp_test(scaled_sums: Floats, *, mean_correlation: float = 0.0) -> Outcome:
    """Like Patell's, but the spread is measured across events, so that events which stir up volatility do not fool it.

    scaled_sums      : float64, shape (n_events,), at least 2
    mean_correlation : average correlation of the events' residuals; corrects for events that share days
    Source: Boehmer, Musumeci and Poulsen (1991), Journal of Financial Economics 30(2):253-272; the correction by
    Kolari and Pynnönen (2010), Review of Financial Studies 23(11):3996-4025.
    """
    _require_events(scaled_sums, 2)
    count = len(scaled_sums)
    spread = float(scaled_sums.std(ddof=1))
    mean = float(scaled_sums.mean())
    if spread == 0.0:
        return Outcome(math.copysign(math.inf, mean) if mean else 0.0, 0.0 if mean else 1.0, count)
    shrink = (1.0 - mean_correlation) / (1.0 + (count - 1) * mean_correlation)
    statistic = mean * math.sqrt(count) / spread * math.sqrt(max(0.0, shrink))
    return Outcome(statistic, two_sided_p(statistic, count - 1), count)


def rank_test(residuals: Sequence[Floats], abnormal: Sequence[Floats]) -> Outcome:
    """Whether event returns rank unusually high or low among all of each event's returns; needs no normal noise.

    residuals : per event, float64, shape (n_steps,): residuals of the estimation window
    abnormal  : per event, float64, shape (n_event_steps,): abnormal returns; the same number for every event
    Events keep their last residuals in common, so that every column holds all of them.
    Source: Corrado (1989), Journal of Financial Economics 23(2):385-395, with Cowan's (1992) sum over a window.
    """
    lengths = {len(each) for each in abnormal}
    if len(lengths) != 1 or len(residuals) != len(abnormal):
        raise SeriesUnusable("the events", "the rank test needs the same number of event steps for each")
    length = lengths.pop()
    kept = min(len(each) for each in residuals)
    rows = [
        np.concatenate([before[len(before) - kept :], after]) for before, after in zip(residuals, abnormal, strict=True)
    ]
    ranks = np.array([_mid_ranks(row) / (len(row) + 1.0) for row in rows])
    tilt = ranks.mean(axis=0) - 0.5
    spread = math.sqrt(float((tilt * tilt).mean()))
    if spread == 0.0:
        return Outcome(0.0, 1.0, len(rows))
    statistic = math.sqrt(length) * float(tilt[-length:].mean()) / spread
    return Outcome(statistic, two_sided_p(statistic, math.inf), len(rows))


def rank_correlation(first: Floats, second: Floats) -> Estimate:
    """Spearman's rank correlation of pairs, with its 95 % interval.

    first, second : float64, shape (n_pairs,), at least 5 pairs
    Raises SeriesUnusable for fewer pairs. A constant side gives 0 with an interval from −1 to 1.
    Source: Bonett and Wright (2000), Psychometrika 65(1):23-28, for the interval on Fisher's scale.
    """
    count = len(first)
    if count < 5:
        raise SeriesUnusable("the pairs", f"{count} given, at least 5 are needed")
    ranks = [_mid_ranks(each) - (count + 1) / 2 for each in (first, second)]
    spread = math.sqrt(float((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    if spread == 0.0:
        return Estimate(0.0, -1.0, 1.0, math.inf, 1.0)
    value = max(-1.0, min(1.0, float(ranks[0] @ ranks[1]) / spread))
    near = max(-1 + 1e-9, min(1 - 1e-9, value))
    error = math.sqrt((1 + near * near / 2) / (count - 3))
    low, high = (math.tanh(math.atanh(near) + side * 1.959964 * error) for side in (-1, 1))
    statistic = near * math.sqrt((count - 2) / (1 - near * near))
    return Estimate(value, low, high, error, two_sided_p(statistic, count - 2))


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for having looked more than once; in the given order.

    The chance that any of them falls below 0.05 by luck is then at most 5 %.
    Source: Holm (1979), Scandinavian Journal of Statistics 6(2):65-70.
    """
    count = len(p_values)
    adjusted, running = [0.0] * count, 0.0
    for place, index in enumerate(sorted(range(count), key=lambda each: p_values[each])):
        running = max(running, min(1.0, (count - place) * p_values[index]))
        adjusted[index] = running
    return adjusted


def _mid_ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean rank; float64, shape of `values`."""
    order = np.argsort(values, kind="stable")
    _, inverse, counts = np.unique(values[order], return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared = last - (counts - 1) / 2.0
    ranks = np.empty(len(values))
    ranks[order] = shared[inverse]
    return ranks


def _require_events(scaled_sums: Floats, needed: int) -> None:
    if len(scaled_sums) < needed:
        raise SeriesUnusable("the events", f"{len(scaled_sums)} given, at least {needed} are needed")
