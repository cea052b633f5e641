"""Many events at once: whether prices moved unusually before them, or after, or neither more than noise does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from touchstone.eventstudy.errors import SeriesUnusable
from touchstone.eventstudy.returns import Floats
from touchstone.eventstudy.significance import (
    Estimate,
    Outcome,
    bmp_test,
    estimate,
    holm_adjusted,
    patell_test,
    rank_test,
)
from touchstone.eventstudy.study import Study

FEWEST_EVENTS = 10
FEWEST_CLUSTERS = 6
CONFIDENCE = 0.95


class Verdict(StrEnum):
    """When prices were unusually restless."""

    BEFORE = "before"
    AFTER = "after"
    BOTH = "both"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Event:
    """A study with a drift window as long as its event window, run with `Design(robust=False)`.

    cluster : events of one cluster may share their noise, for example those of one day
    """

    study: Study
    cluster: int


@dataclass(frozen=True, slots=True)
class Side:
    """What happened on one side of the events; each p-value beside the same corrected for the number of looks.

    mean    : average abnormal return, as a fraction
    surplus : average size of the moves, whichever their direction, in times what noise gives, minus one
    """

    mean: Estimate
    surplus: Estimate
    patell: Outcome
    bmp: Outcome
    rank: Outcome
    mean_holm: float
    surplus_holm: float
    patell_holm: float
    bmp_holm: float
    rank_holm: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of many events.

    lean        : surplus after minus surplus before
    correlation : average correlation of the events' abnormal returns, from their shared time
    """

    events: int
    clusters: int
    before: Side
    after: Side
    lean: Estimate
    correlation: float
    verdict: Verdict


def compare_sides(events: Sequence[Event]) -> Comparison:
    """Whether moves before the events, and after them, are more than noise.

    The verdict rests on two looks chosen beforehand, the surplus of each side, corrected for being two. The other eight
    tests are corrected among themselves.
    Raises SeriesUnusable under 10 events or 6 clusters, or if windows differ in their number of steps.
    Source: docs/explanation/event-study.md
    """
    clusters = np.array([event.cluster for event in events], dtype=np.int64)
    if len(events) < FEWEST_EVENTS or len(np.unique(clusters)) < FEWEST_CLUSTERS:
        raise SeriesUnusable(
            "the events",
            f"{len(events)} in {len(np.unique(clusters))} clusters; "
            f"at least {FEWEST_EVENTS} in {FEWEST_CLUSTERS} are needed",
        )
    studies = [event.study for event in events]
    correlation = mean_correlation(studies)
    loudness = math.sqrt(_shared_factor(studies))
    usual = np.array([_mean_distance(study.model.df) for study in studies])
    sides = [_look(studies, clusters, loudness, usual, correlation, is_after=is_after) for is_after in (False, True)]
    sizes = holm_adjusted([side.surplus.p_value for side in sides])
    rest = holm_adjusted([p_value for side in sides for p_value in side.p_values])
    before, after = (side.finish(sizes[place], rest[4 * place : 4 * place + 4]) for place, side in enumerate(sides))
    return Comparison(
        events=len(events),
        clusters=len(np.unique(clusters)),
        before=before,
        after=after,
        lean=clustered_mean(sides[1].sizes - sides[0].sizes, clusters),
        correlation=correlation,
        verdict=_verdict(before, after),
    )


def clustered_mean(values: Floats, clusters: NDArray[np.int64], *, confidence: float = CONFIDENCE) -> Estimate:
    """The mean with an interval that holds although values of one cluster move together.

    values, clusters : shape (n_events,), at least 2 different clusters
    Source: Liang and Zeger (1986), Biometrika 73(1):13-22, with G / (G - 1) and Student's t of G - 1 for G clusters.
    """
    _, place = np.unique(clusters, return_inverse=True)
    groups = int(place.max()) + 1 if len(place) else 0
    if groups < 2:
        raise SeriesUnusable("the events", f"they fall into {groups} clusters, at least 2 are needed")
    mean = float(values.mean())
    sums = np.bincount(place, weights=values - mean, minlength=groups)
    error = math.sqrt(groups / (groups - 1) * float(sums @ sums)) / len(values)
    return estimate(mean, error, df=groups - 1, confidence=confidence)


def mean_correlation(studies: Sequence[Study]) -> float:
    """Average correlation, over all pairs, of the abnormal returns in the studies' event windows; never below 0.

    The correlation of two models' residuals at common times, times the part of the event window that both share.
    Source: Kolari and Pynnönen (2010), Review of Financial Studies 23(11):3996-4025, for windows that coincide.
    """
    ordered = sorted(studies, key=lambda study: study.at_s)
    total, count = 0.0, len(ordered)
    for place, first in enumerate(ordered):
        length = first.window.end_s - first.window.start_s
        for second in ordered[place + 1 :]:
            apart = second.window.start_s - first.window.start_s
            if apart >= length:
                break
            total += _residual_correlation(first, second) * (1.0 - apart / length)
    return max(0.0, total / (count * (count - 1) / 2)) if count > 1 else 0.0


def _residual_correlation(first: Study, second: Study) -> float:
    _, mine, theirs = np.intersect1d(first.learned_s, second.learned_s, assume_unique=True, return_indices=True)
    one, other = first.model.residuals[mine], second.model.residuals[theirs]
    spread = math.sqrt(float((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread else 0.0


def _shared_factor(studies: Sequence[Study]) -> float:
    """Long-run over one-step variance of the residuals, from all studies together: one alone knows it too poorly.

    Source: Newey and West (1987), Econometrica 55(3):703-708.
    """
    power = sum(float(study.model.residuals @ study.model.residuals) for study in studies)
    if power == 0.0:
        return 1.0
    reach = max(1, round(min(study.model.size for study in studies) ** (1 / 3)))
    factor = 1.0
    for lag in range(1, reach + 1):
        product = sum(float(study.model.residuals[lag:] @ study.model.residuals[:-lag]) for study in studies)
        factor += 2.0 * (1.0 - lag / (reach + 1)) * product / power
    return max(0.1, factor)


def _mean_distance(df: float) -> float:
    """Average distance from zero of a t-distributed value with more than one degree of freedom."""
    logs = math.lgamma((df + 1) / 2) - math.lgamma(df / 2)
    return 2.0 * math.sqrt(df / math.pi) * math.exp(logs) / (df - 1)


@dataclass(frozen=True, slots=True)
class _Look:
    """One side before its p-values are corrected; sizes are float64, shape (n_events,), in times what noise gives."""

    sizes: Floats
    mean: Estimate
    surplus: Estimate
    patell: Outcome
    bmp: Outcome
    rank: Outcome

    @property
    def p_values(self) -> list[float]:
        """Of the tests that the verdict does not rest on."""
        return [self.mean.p_value, self.patell.p_value, self.bmp.p_value, self.rank.p_value]

    def finish(self, surplus_holm: float, rest: list[float]) -> Side:
        """The side with its corrected p-values."""
        return Side(self.mean, self.surplus, self.patell, self.bmp, self.rank, rest[0], surplus_holm, *rest[1:])


def _look(
    studies: Sequence[Study],
    clusters: NDArray[np.int64],
    loudness: float,
    usual: Floats,
    correlation: float,
    *,
    is_after: bool,
) -> _Look:
    windows = [study.window if is_after else study.drift for study in studies]
    if any(window is None for window in windows):
        raise SeriesUnusable("the events", "each needs a drift window before it")
    held = [window for window in windows if window is not None]
    scaled = np.array([window.scaled_sum for window in held]) / loudness
    sizes = np.abs(scaled) / usual
    return _Look(
        sizes=sizes,
        mean=clustered_mean(np.array([window.abnormal.value for window in held]), clusters),
        surplus=clustered_mean(sizes - 1.0, clusters),
        patell=patell_test(scaled, np.array([float(study.model.df) for study in studies])),
        bmp=bmp_test(scaled, mean_correlation=correlation),
        rank=rank_test(
            [study.model.residuals for study in studies],
            [study.abnormal_steps if is_after else study.drift_steps for study in studies],
        ),
    )


def _verdict(before: Side, after: Side) -> Verdict:
    was_restless, became_restless = (
        side.surplus.value > 0 and side.surplus_holm < 1.0 - CONFIDENCE for side in (before, after)
    )
    if was_restless and became_restless:
        return Verdict.BOTH
    if was_restless:
        return Verdict.BEFORE
    return Verdict.AFTER if became_restless else Verdict.NEITHER
