"""Tests across events: hand-worked cases, SciPy's ranks, and how often they cry wolf."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from touchstone.eventstudy import SeriesUnusable, bmp_test, holm_adjusted, patell_test, rank_correlation, rank_test
from touchstone.eventstudy.significance import _mid_ranks


def test_patell_of_a_hand_worked_case() -> None:
    # Three events, df 12 each: each has variance 12/10, so z = (1 + 2 + 3) / √3.6
    found = patell_test(np.array([1.0, 2.0, 3.0]), np.array([12.0, 12.0, 12.0]))
    assert found.statistic == pytest.approx(6 / math.sqrt(3.6))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(6 / math.sqrt(3.6)))
    assert found.events == 3


def test_bmp_without_correlation_is_the_t_test_on_scaled_sums() -> None:
    sums = np.array([0.5, 1.5, -0.2, 2.2, 1.1])
    expected = stats.ttest_1samp(sums, 0)
    found = bmp_test(sums)
    assert (found.statistic, found.p_value) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue))


def test_bmp_shrinks_where_events_share_their_noise() -> None:
    sums = np.array([0.5, 1.5, -0.2, 2.2, 1.1])
    assert bmp_test(sums, mean_correlation=0.2).statistic == pytest.approx(
        bmp_test(sums).statistic * math.sqrt(0.8 / 1.8)
    )


def test_the_rank_test_of_a_hand_worked_case() -> None:
    # One event, returns 1, 2, 3 | 4: ranks/5 − ½ = −.3, −.1, .1, .3; S² = .05; z = .3 / √.05
    found = rank_test([np.array([1.0, 2.0, 3.0])], [np.array([4.0])])
    assert found.statistic == pytest.approx(0.3 / math.sqrt(0.05))


def test_ranks_agree_with_scipy_ties_included() -> None:
    values = np.array([3.0, 1.0, 3.0, 2.0, 1.0, 1.0, 9.0])
    assert _mid_ranks(values).tolist() == stats.rankdata(values).tolist()


@pytest.mark.parametrize("noise", ["normal", "fat tails"])
def test_the_tests_rarely_cry_wolf(noise: str) -> None:
    rng = np.random.default_rng(7)
    calls = np.zeros(3)
    for _ in range(500):
        draws = rng.normal(size=(30, 105)) if noise == "normal" else rng.standard_t(3, size=(30, 105))
        before, after = draws[:, :100], draws[:, 100:]
        scaled = after.sum(axis=1) / (before.std(axis=1, ddof=1) * math.sqrt(5 + 25 / 100))
        outcomes = patell_test(scaled, np.full(30, 99.0)), bmp_test(scaled), rank_test(list(before), list(after))
        calls += [outcome.p_value < 0.05 for outcome in outcomes]
    assert (calls / 500 < 0.085).all()


def test_events_that_stir_up_volatility_fool_patell_but_not_bmp() -> None:
    rng = np.random.default_rng(8)
    scaled = rng.normal(0, 2.5, size=(500, 30))
    patell = np.mean([patell_test(row, np.full(30, 99.0)).p_value < 0.05 for row in scaled])
    bmp = np.mean([bmp_test(row).p_value < 0.05 for row in scaled])
    assert patell > 0.3
    assert bmp < 0.08


def test_holm_corrects_a_hand_worked_case() -> None:
    assert holm_adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm_adjusted([0.9, 0.8]) == [1.0, 1.0]
    assert holm_adjusted([]) == []


def test_too_few_or_uneven_events_are_refused() -> None:
    with pytest.raises(SeriesUnusable):
        bmp_test(np.array([1.0]))
    with pytest.raises(SeriesUnusable):
        patell_test(np.array([]), np.array([]))
    with pytest.raises(SeriesUnusable):
        rank_test([np.ones(5), np.ones(5)], [np.ones(1), np.ones(2)])


def test_events_without_any_spread_are_exact() -> None:
    assert bmp_test(np.array([1.0, 1.0])).p_value == 0
    assert bmp_test(np.array([0.0, 0.0])).p_value == 1
    assert rank_test([np.ones(5)], [np.ones(2)]).p_value == 1


def test_the_rank_correlation_agrees_with_scipy_ties_included() -> None:
    rng = np.random.default_rng(9)
    first = rng.integers(0, 8, 40).astype(float)
    second = first + rng.normal(0, 4, 40)
    oracle = stats.spearmanr(first, second)
    found = rank_correlation(first, second)
    assert (found.value, found.p_value) == (pytest.approx(oracle.statistic), pytest.approx(oracle.pvalue))
    assert -1 < found.low < found.value < found.high < 1


def test_a_constant_side_correlates_with_nothing_and_four_pairs_are_refused() -> None:
    assert not rank_correlation(np.ones(9), np.arange(9.0)).is_distinguishable
    with pytest.raises(SeriesUnusable, match="at least 5"):
        rank_correlation(np.ones(4), np.ones(4))
