"""The map from scores to probabilities, learned from resolved stories."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.crowds import plant

from touchstone.engine import Combined, Resolutions, calibration_error, fit_calibration
from touchstone.engine.calibration import CalibrationPrior


def test_without_resolved_stories_the_map_is_the_priors() -> None:
    found = fit_calibration(np.empty(0), np.empty(0))
    assert (found.slope, found.shift, found.n_resolved) == (1.0, 0.0, 0)


def test_planted_slope_and_shift_are_found_from_many_stories() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(0, 2, 20000)
    outcome = (rng.random(20000) < 1 / (1 + np.exp(-(0.6 * score + 0.5)))).astype(float)
    found = fit_calibration(score, outcome)
    assert found.slope == pytest.approx(0.6, abs=0.03)
    assert found.shift == pytest.approx(0.5, abs=0.05)


def test_the_found_map_is_the_most_probable_one() -> None:
    score, outcome = np.array([2.0, 1.0, -1.0, 0.5]), np.array([1.0, 0.0, 0.0, 1.0])
    prior = CalibrationPrior()

    def surprise(log_slope: float, shift: float) -> float:
        z = np.exp(log_slope) * score + shift
        pull = (log_slope / prior.log_slope_sd) ** 2 + (shift / prior.shift_sd) ** 2
        return float(np.sum(np.logaddexp(0, z) - outcome * z) + pull / 2)

    found = fit_calibration(score, outcome, prior)
    best = surprise(np.log(found.slope), found.shift)
    for step in (1e-3, -1e-3):
        assert surprise(np.log(found.slope) + step, found.shift) > best
        assert surprise(np.log(found.slope), found.shift + step) > best


def test_perfectly_separated_stories_do_not_make_the_map_explode() -> None:
    found = fit_calibration(np.array([-30.0, -20.0, 20.0, 30.0] * 5), np.array([0.0, 0.0, 1.0, 1.0] * 5))
    assert 0.5 < found.slope < 3.0


def test_resolved_stories_lower_the_calibration_error_of_a_skewed_crowd() -> None:
    crowd = plant(seed=8, n_stories=1500, votes=4, prevalence=0.12)
    truth = crowd.truth.astype(float)
    resolved = Resolutions(np.arange(200), crowd.truth[:200])
    before = Combined().fit(crowd).probability_[200:]
    after = Combined().fit(crowd, resolved).probability_[200:]
    assert calibration_error(after, truth[200:]) < calibration_error(before, truth[200:])


def test_resolved_stories_without_votes_are_left_out() -> None:
    crowd = plant(n_stories=20)
    assert Combined().fit(crowd, Resolutions([0], [1])).calibration_.n_resolved == 1
