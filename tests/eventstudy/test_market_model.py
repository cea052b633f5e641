"""The models against hand-worked cases and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from touchstone.eventstudy import BenchmarkUnusable, fit_normal
from touchstone.eventstudy.market_model import long_run_factor, stir_factor


def hand_case() -> tuple[np.ndarray, np.ndarray]:
    """Four points whose line is y = 1 + 2x with residuals +1, −1, −1, +1, worked by hand."""
    return np.array([2.0, 2.0, 4.0, 8.0]), np.array([0.0, 1.0, 2.0, 3.0])


def test_the_market_model_of_a_hand_worked_case() -> None:
    own, market = hand_case()
    model = fit_normal(own, market)
    assert (model.alpha, model.beta, model.df) == (pytest.approx(1.0), pytest.approx(2.0), 2)
    assert model.residuals == pytest.approx([1, -1, -1, 1])
    assert model.residual_sd == pytest.approx(math.sqrt(2.0))
    # Var of a forecast at x = 5: s² (1 + 1/4 + (5 − 1.5)² / 5) = 2 · 3.7
    assert model.sum_sds(np.array([5.0]), np.ones(1)) == pytest.approx([math.sqrt(7.4)])
    assert model.abnormal(np.array([14.0]), np.array([5.0]), np.ones(1)) == pytest.approx([3.0])


def test_the_mean_model_of_a_hand_worked_case() -> None:
    model = fit_normal(np.array([1.0, 2.0, 3.0]), None)
    assert (model.alpha, model.beta, model.residual_sd, model.df) == (2.0, 0.0, 1.0, 2)
    # Three steps: s² (3 + 9/3)
    assert model.sum_sds(None, np.ones(3))[-1] == pytest.approx(math.sqrt(6.0))


@pytest.mark.parametrize("seed", range(5))
def test_the_market_model_agrees_with_statsmodels_to_a_billionth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    market, fresh = rng.normal(0, 0.02, 250), rng.normal(0, 0.02, 10)
    own = 0.0003 + 0.9 * market + rng.standard_t(4, 250) * 0.01
    model = fit_normal(own, market)
    oracle = sm.OLS(own, sm.add_constant(market)).fit()
    assert [model.alpha, model.beta] == pytest.approx(list(oracle.params), rel=1e-9, abs=1e-12)
    assert model.residual_sd == pytest.approx(math.sqrt(oracle.mse_resid), rel=1e-9)
    assert model.df == oracle.df_resid
    single = oracle.get_prediction(sm.add_constant(fresh))
    for place in range(10):
        one = model.sum_sds(fresh[place : place + 1], np.ones(1))[0]
        assert one == pytest.approx(single.se_obs[place], rel=1e-9)
    design = sm.add_constant(fresh).sum(axis=0)
    variance = oracle.mse_resid * 10 + design @ oracle.cov_params() @ design
    assert model.sum_sds(fresh, np.ones(10))[-1] == pytest.approx(math.sqrt(variance), rel=1e-9)


def test_the_mean_model_agrees_with_statsmodels_to_a_billionth() -> None:
    own = np.random.default_rng(1).normal(0.001, 0.02, 100)
    model, oracle = fit_normal(own, None), sm.OLS(own, np.ones(100)).fit()
    assert model.alpha == pytest.approx(oracle.params[0], rel=1e-9)
    assert model.residual_sd == pytest.approx(math.sqrt(oracle.mse_resid), rel=1e-9)


def test_the_long_run_factor_agrees_with_statsmodels() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(size=300)
    leaning = noise[1:] + 0.6 * noise[:-1]
    leaning -= leaning.mean()
    factors = []
    for root in (0.25, 1 / 3, 0.5):
        lags = round(len(leaning) ** root)
        oracle = sm.OLS(leaning, np.ones(len(leaning))).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
        factors.append(oracle.cov_params()[0, 0] * len(leaning) ** 2 / (leaning @ leaning))
    assert long_run_factor(leaning) == pytest.approx(max(factors), rel=1e-9)


def test_residuals_that_swing_back_do_not_narrow_the_interval() -> None:
    assert long_run_factor(np.array([1.0, -1.0] * 50)) == 1.0


def test_a_benchmark_that_never_moves_is_refused() -> None:
    with pytest.raises(BenchmarkUnusable, match="does not move"):
        fit_normal(np.arange(30.0), np.zeros(30), symbol="M")


def test_louder_returns_after_the_event_are_noticed_but_one_jump_is_not() -> None:
    rng = np.random.default_rng(5)
    before, after = rng.normal(size=200), rng.normal(size=40)
    jump = after.copy()
    jump[0] = 50.0
    assert stir_factor(3 * after, before) == pytest.approx(3, rel=0.3)
    assert stir_factor(after, before) == stir_factor(jump, before) == 1.0
    assert stir_factor(4 * after[:5], before) > 2
    assert stir_factor(3 * after[:3], before) == 1.0
    assert stir_factor(after, np.zeros(200)) == 1.0


def test_louder_steps_widen_the_sum_but_not_the_error_of_the_model() -> None:
    model = fit_normal(np.array([1.0, 2.0, 3.0]), None)
    assert model.sum_sds(None, np.ones(3), stir=2.0)[-1] == pytest.approx(math.sqrt(3 * 4 + 9 / 3))


def test_noise_that_always_came_in_bursts_is_not_louder_than_before() -> None:
    bursts = np.tile(np.concatenate([np.full(30, 0.2), np.full(10, 3.0)]), 10)
    noise = bursts * np.random.default_rng(6).normal(size=400)
    assert stir_factor(noise[30:40], noise) == 1.0


def test_noise_that_lasts_blurs_the_learned_average_as_well() -> None:
    trend = np.cumsum(np.random.default_rng(7).normal(size=40)) % 3.0
    model = fit_normal(trend, None, robust=True)
    assert model.long_run_factor > 1.5
    sd = model.residual_sd * math.sqrt(model.long_run_factor * (20 + 400 / 40))
    assert model.sum_sds(None, np.ones(20))[-1] == pytest.approx(sd)
