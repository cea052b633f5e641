"""Grades of forecasts, against hand-worked cases."""

from __future__ import annotations

import math

import numpy as np
import pytest

from touchstone.engine import (
    NothingSettled,
    accuracy,
    bootstrap_interval,
    brier_score,
    calibration_error,
    chance_calibration_error,
    log_loss,
    reliability,
)

FORECAST = np.array([0.9, 0.8, 0.3, 0.5])
OUTCOME = np.array([1.0, 0.0, 0.0, 1.0])


def test_accuracy_counts_a_forecast_of_one_half_as_half_right() -> None:
    assert accuracy(FORECAST, OUTCOME) == 2.5 / 4


def test_brier_score_is_the_mean_squared_error() -> None:
    assert brier_score(FORECAST, OUTCOME) == pytest.approx((0.01 + 0.64 + 0.09 + 0.25) / 4)


def test_log_loss_is_the_mean_surprise() -> None:
    assert log_loss(FORECAST, OUTCOME) == pytest.approx(-math.log(0.9 * 0.2 * 0.7 * 0.5) / 4)


def test_a_certain_mistake_costs_the_clip_and_a_certain_hit_nothing() -> None:
    assert log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(-math.log(1e-6))
    assert log_loss(np.array([0.0]), np.array([0.0])) == pytest.approx(0.0, abs=2e-6)


def test_calibration_error_weighs_each_bins_gap_by_its_stories() -> None:
    forecast = np.array([0.85, 0.85, 0.85, 0.85, 0.25])
    outcome = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    assert calibration_error(forecast, outcome) == pytest.approx((4 * 0.10 + 1 * 0.25) / 5)


def test_reliability_has_a_row_for_each_filled_bin_and_puts_one_in_the_last() -> None:
    rows = reliability(np.array([0.05, 1.0, 0.95]), np.array([0.0, 1.0, 0.0]))
    assert [(row.low, row.n, row.outcome) for row in rows] == [(0.0, 1, 0.0), (0.9, 2, 0.5)]


def test_stories_without_an_outcome_are_skipped() -> None:
    unsettled = np.append(OUTCOME, np.nan)
    assert brier_score(np.append(FORECAST, 0.1), unsettled) == brier_score(FORECAST, OUTCOME)


def test_nothing_settled_is_refused() -> None:
    with pytest.raises(NothingSettled, match="resolve at least one"):
        log_loss(FORECAST, np.full(4, np.nan))


def test_bootstrap_interval_covers_the_figure_and_shrinks_with_more_stories() -> None:
    rng = np.random.default_rng(0)
    forecast = rng.random(2000)
    outcome = (rng.random(2000) < forecast).astype(float)
    few = bootstrap_interval(brier_score, forecast[:50], outcome[:50], rng=np.random.default_rng(1), draws=200)
    many = bootstrap_interval(brier_score, forecast, outcome, rng=np.random.default_rng(1), draws=200)
    assert many[0] < brier_score(forecast, outcome) < many[1]
    assert many[1] - many[0] < few[1] - few[0]


def test_chance_calibration_error_is_what_calibrated_forecasts_score_on_average() -> None:
    rng = np.random.default_rng(0)
    forecast = rng.random(200)
    scored = [calibration_error(forecast, (rng.random(200) < forecast).astype(float)) for _ in range(400)]
    assert chance_calibration_error(forecast) == pytest.approx(np.mean(scored), rel=0.05)
