"""Many events at once: planted moves before and after are told apart, and noise that events share fools nobody."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from tests.eventstudy.makers import STEP_S, series_of

from touchstone.eventstudy import (
    Design,
    Event,
    SeriesUnusable,
    Study,
    Verdict,
    clustered_mean,
    compare_sides,
    run_study,
)
from touchstone.eventstudy.across import _mean_distance, mean_correlation

LEARN, SIDE = 120, 12


def study_of(returns: np.ndarray, *, start_s: float = 0.0) -> Study:
    """A study of twelve steps on either side of the event at the end of what is learned and the drift."""
    series = series_of(100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)])), start_s=start_s)
    design = Design(window_s=SIDE * STEP_S, drift_steps=SIDE, robust=False)
    return run_study(series, at_s=start_s + (LEARN + SIDE) * STEP_S, design=design)


def make_events(
    rng: np.random.Generator,
    *,
    days: int = 12,
    a_day: int = 3,
    before: float = 0.0,
    after: float = 0.0,
    shared: float = 0.0,
) -> list[Event]:
    """Events in noise of 1 ‰ a step; those of one day share a part of their noise, and moves go either way."""
    events = []
    steps = LEARN + 2 * SIDE
    for day in range(days):
        common = rng.normal(0, 0.001, steps)
        for _ in range(a_day):
            returns = math.sqrt(shared) * common + math.sqrt(1 - shared) * rng.normal(0, 0.001, steps)
            way = rng.choice([-1.0, 1.0])
            returns[LEARN + 3] += way * before
            returns[LEARN + SIDE] += way * after
            events.append(Event(study_of(returns, start_s=day * 86_400.0), cluster=day))
    return events


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(0.0, 0.0, "neither"), (0.01, 0.0, "before"), (0.0, 0.01, "after"), (0.01, 0.01, "both")],
)
def test_moves_either_way_are_found_on_the_side_they_are_on(before: float, after: float, verdict: str) -> None:
    found = compare_sides(make_events(np.random.default_rng(3), before=before, after=after))
    assert found.verdict == verdict
    assert (found.events, found.clusters) == (36, 12)


def test_moves_one_way_are_found_by_all_tests() -> None:
    rng = np.random.default_rng(4)
    steps = LEARN + 2 * SIDE
    lifted = []
    for day in range(20):
        returns = rng.normal(0, 0.001, steps)
        returns[LEARN + SIDE :] += 0.0008
        lifted.append(Event(study_of(returns, start_s=day * 86_400.0), cluster=day))
    found = compare_sides(lifted)
    assert found.after.mean.low > 0
    assert max(found.after.patell_holm, found.after.bmp_holm, found.after.rank_holm, found.after.mean_holm) < 0.05
    assert min(found.before.patell_holm, found.before.bmp_holm, found.before.rank_holm, found.before.mean_holm) > 0.05


def test_noise_is_about_as_large_as_noise() -> None:
    found = compare_sides(make_events(np.random.default_rng(2), days=60, a_day=5))
    assert abs(found.before.surplus.value) < 0.1
    assert abs(found.after.surplus.value) < 0.1
    assert found.verdict is Verdict.NEITHER


def test_shared_noise_seldom_fools_the_verdict_or_the_mean() -> None:
    rng = np.random.default_rng(6)
    draws, wrong, missed = 120, 0, 0
    for _ in range(draws):
        found = compare_sides(make_events(rng, days=10, a_day=3, shared=0.6))
        wrong += found.verdict is not Verdict.NEITHER
        missed += found.after.mean.is_distinguishable
    assert wrong / draws <= 0.08
    assert missed / draws <= 0.11


def test_the_clustered_mean_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(8)
    clusters = np.repeat(np.arange(8), 5)
    values = rng.normal(size=40) + np.repeat(rng.normal(size=8), 5)
    model = sm.OLS(values, np.ones(40)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}, use_t=True
    )
    found = clustered_mean(values, clusters)
    assert found.value == pytest.approx(model.params[0])
    assert found.standard_error == pytest.approx(model.bse[0] * math.sqrt(8 / 7))


def test_the_clustered_mean_of_a_hand_worked_case() -> None:
    # Sums of deviations per cluster −2, 0, 2; error √(3/2 · 8) / 6
    found = clustered_mean(np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0]), np.array([5, 5, 6, 6, 9, 9]))
    assert found.value == pytest.approx(2.0)
    assert found.standard_error == pytest.approx(math.sqrt(12) / 6)


def test_one_cluster_has_no_interval() -> None:
    with pytest.raises(SeriesUnusable, match="at least 2 are needed"):
        clustered_mean(np.array([1.0, 2.0]), np.array([1, 1]))


def test_events_that_share_all_or_half_of_their_window_are_correlated_so_much() -> None:
    returns = np.random.default_rng(9).normal(0, 0.001, LEARN + 2 * SIDE + SIDE // 2)
    first = study_of(returns[: LEARN + 2 * SIDE])
    later = study_of(returns[SIDE // 2 :], start_s=STEP_S * (SIDE // 2))
    far = study_of(returns[: LEARN + 2 * SIDE], start_s=1e6)
    assert mean_correlation([first, first]) == pytest.approx(1.0)
    assert mean_correlation([first, later]) == pytest.approx(0.5, abs=0.01)
    assert mean_correlation([first, far]) == 0.0
    assert mean_correlation([first]) == 0.0


def test_the_usual_distance_of_noise_is_that_of_students_t() -> None:
    assert _mean_distance(1e6) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-5)
    draws = np.random.default_rng(3).standard_t(8, 400_000)
    assert _mean_distance(8) == pytest.approx(np.abs(draws).mean(), rel=0.01)


def test_too_few_events_or_days_are_refused_with_what_is_needed() -> None:
    events = make_events(np.random.default_rng(1), days=3, a_day=4)
    with pytest.raises(SeriesUnusable, match="12 in 3 clusters; at least 10 in 6 are needed"):
        compare_sides(events)
