"""Whole studies: hand-worked, with planted effects, and on data that is not as it should be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.eventstudy.makers import STEP_S, planted, series_of

from touchstone.eventstudy import (
    BenchmarkUnusable,
    Design,
    EventOutsidePrices,
    PriceSeries,
    SeriesUnusable,
    TooFewPrices,
    run_study,
)

DRAWS = 2000


def alternating(steps: int, size: float = 0.01) -> list[float]:
    """Prices whose logarithmic returns are +size, −size, +size, …"""
    return [100 * math.exp(size * (number % 2)) for number in range(steps + 1)]


def test_a_hand_worked_mean_adjusted_study() -> None:
    # 40 returns of ±0.01: mean 0, s² = 40 · 0.0001 / 39. Then one return of 0.05; drift left out.
    prices = alternating(40)
    prices.append(prices[-1] * math.exp(0.05))
    found = run_study(series_of(prices), at_s=40 * STEP_S, design=Design(drift_steps=0, robust=False))
    sd = math.sqrt(40 * 1e-4 / 39 * (1 + 1 / 40))
    assert found.window.raw_return == pytest.approx(math.expm1(0.05))
    assert found.window.abnormal.value == pytest.approx(math.expm1(0.05))
    assert found.window.abnormal.standard_error == pytest.approx(sd)
    assert found.window.abnormal.high == pytest.approx(math.expm1(0.05 + 2.022691 * sd), rel=1e-6)
    assert found.window.scaled_sum == pytest.approx(0.05 / sd)
    assert found.is_distinguishable
    assert (found.price_at, found.price_end) == (pytest.approx(100), pytest.approx(prices[-1]))


def test_what_the_benchmark_explains_is_not_abnormal() -> None:
    rng = np.random.default_rng(0)
    instrument, market, at_s = planted(rng, noise=1e-9, beta=1.5)
    found = run_study(instrument, at_s=at_s, benchmark=market)
    assert found.model.beta == pytest.approx(1.5, abs=1e-4)
    assert abs(found.window.abnormal.value) < 1e-6
    assert abs(found.window.raw_return) > 1e-4


def coverage(design: Design, effect: float, *, with_benchmark: bool) -> tuple[float, float]:
    """Share of draws whose interval holds the effect, and share called distinguishable."""
    rng = np.random.default_rng(20260101)
    held = called = 0
    for _ in range(DRAWS):
        instrument, market, at_s = planted(rng, effect=effect, beta=1.2 if with_benchmark else 0.0)
        found = run_study(instrument, at_s=at_s, benchmark=market if with_benchmark else None, design=design)
        held += found.window.abnormal.low <= effect <= found.window.abnormal.high
        called += found.is_distinguishable
    return held / DRAWS, called / DRAWS


@pytest.mark.parametrize("robust", [True, False])
@pytest.mark.parametrize("with_benchmark", [True, False])
@pytest.mark.parametrize("effect", [0.01, -0.02])
def test_the_interval_holds_a_planted_effect_in_95_of_100_draws(
    effect: float, with_benchmark: bool, robust: bool
) -> None:
    share, _ = coverage(Design(robust=robust), effect, with_benchmark=with_benchmark)
    assert 0.93 <= share <= 0.97


@pytest.mark.parametrize("with_benchmark", [True, False])
def test_without_effect_at_most_five_of_100_draws_are_called_distinguishable(with_benchmark: bool) -> None:
    _, called = coverage(Design(), 0.0, with_benchmark=with_benchmark)
    assert called <= 0.05


def test_a_clear_effect_is_found() -> None:
    _, called = coverage(Design(), 0.03, with_benchmark=True)
    assert called > 0.99


def test_drift_before_the_event_is_seen_and_teaches_nothing() -> None:
    prices = alternating(60, 0.001)
    for _ in range(5):
        prices.append(prices[-1] * math.exp(0.02))
    at_s = (len(prices) - 1) * STEP_S
    prices += [prices[-1]] * 5
    found = run_study(series_of(prices), at_s=at_s, design=Design(drift_steps=5))
    assert found.drift is not None
    assert found.drift.abnormal.value == pytest.approx(math.expm1(0.1), rel=1e-3)
    assert found.drift.abnormal.is_distinguishable
    assert found.model.alpha == pytest.approx(0, abs=1e-6)
    assert not found.is_distinguishable


def test_windows_are_corrected_for_their_number() -> None:
    instrument, market, at_s = planted(np.random.default_rng(4), before=300, after=300)
    found = run_study(instrument, at_s=at_s, benchmark=market)
    assert [round(each.end_s - at_s) for each in found.side] == [900, 3600, 14_400]
    every = [found.window, *found.side, found.drift]
    assert all(each is not None and each.holm_p_value >= each.abnormal.p_value for each in every)


def test_the_window_can_be_cut() -> None:
    instrument, market, at_s = planted(np.random.default_rng(4), after=100)
    found = run_study(instrument, at_s=at_s, benchmark=market, design=Design(window_s=30 * STEP_S))
    assert found.window.steps == 30
    assert found.path[-1] == pytest.approx(found.window.abnormal.value)
    assert len(found.path_s) == len(found.path_reach) == 30


def test_the_estimation_window_can_be_cut() -> None:
    instrument, _, at_s = planted(np.random.default_rng(4))
    found = run_study(instrument, at_s=at_s, design=Design(estimation_steps=50, drift_steps=10))
    start = 150 - 10 - 50
    own = np.diff(np.log(instrument.prices))[start : start + 50]
    assert found.model.size == 50
    assert found.model.alpha == pytest.approx(own.mean())


def test_an_event_between_two_prices_starts_from_the_earlier() -> None:
    instrument, _, at_s = planted(np.random.default_rng(4))
    on, between = (run_study(instrument, at_s=moment) for moment in (at_s, at_s + 59))
    assert on.window == between.window


def test_benchmark_prices_at_other_times_are_left_out() -> None:
    instrument, market, at_s = planted(np.random.default_rng(4))
    times = np.concatenate([market.times_s, market.times_s + 7])
    order = np.argsort(times)
    ragged = PriceSeries("M", times[order], np.concatenate([market.prices, market.prices * 2])[order])
    whole = run_study(instrument, at_s=at_s, benchmark=market)
    assert run_study(instrument, at_s=at_s, benchmark=ragged).window == whole.window


def test_a_return_across_a_gap_teaches_nothing_and_widens_the_interval() -> None:
    instrument, _, at_s = planted(np.random.default_rng(4), before=200, after=20)
    keep = np.ones(len(instrument), dtype=bool)
    keep[50:80] = False
    keep[205:215] = False
    holed = PriceSeries("X", instrument.times_s[keep], instrument.prices[keep])
    whole, found = (run_study(each, at_s=at_s, design=Design(drift_steps=0)) for each in (instrument, holed))
    assert found.model.size == 200 - 31
    assert found.window.raw_return == pytest.approx(whole.window.raw_return)
    assert found.window.abnormal.standard_error == pytest.approx(whole.window.abnormal.standard_error, rel=0.1)


def test_prices_that_never_move_are_exact() -> None:
    still = run_study(series_of([5.0] * 50), at_s=40 * STEP_S)
    assert (still.window.abnormal.value, still.window.abnormal.p_value) == (0, 1)
    jump = run_study(series_of([5.0] * 41 + [6.0]), at_s=40 * STEP_S)
    assert jump.window.abnormal.value == pytest.approx(0.2)
    assert jump.is_distinguishable


@pytest.mark.parametrize("at_s", [-1.0, 100 * STEP_S, 1e9])
def test_an_event_outside_the_prices_is_refused(at_s: float) -> None:
    with pytest.raises(EventOutsidePrices, match="they run from 1970-01-01T00:00:00Z"):
        run_study(series_of(alternating(100)), at_s=at_s)


def test_too_few_prices_before_the_event_are_refused_with_their_number() -> None:
    with pytest.raises(TooFewPrices, match="10 usable returns before the event, at least 20"):
        run_study(series_of(alternating(100)), at_s=10 * STEP_S)


def test_a_benchmark_without_common_times_is_refused() -> None:
    prices = alternating(100)
    with pytest.raises(BenchmarkUnusable, match="shares 0 times"):
        run_study(series_of(prices), at_s=50 * STEP_S, benchmark=series_of(prices, "M", start_s=1))


@pytest.mark.parametrize(
    ("times", "prices"),
    [
        ([0, 1], [1]),
        ([0, 0], [1, 1]),
        ([1, 0], [1, 1]),
        ([0, 1], [1, 0]),
        ([0, 1], [1, math.nan]),
        ([0, math.inf], [1, 1]),
    ],
)
def test_an_unusable_series_is_refused(times: list[float], prices: list[float]) -> None:
    with pytest.raises(SeriesUnusable):
        PriceSeries("X", np.array(times, dtype=float), np.array(prices, dtype=float))


def test_a_single_price_has_no_return() -> None:
    with pytest.raises(SeriesUnusable, match="single price"):
        run_study(series_of([1.0]), at_s=0)
