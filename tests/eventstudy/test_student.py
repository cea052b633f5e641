"""Own Student's t against SciPy's."""

import math

import numpy as np
import pytest
from scipy import special, stats

from touchstone.eventstudy.student import critical_t, incomplete_beta, two_sided_p

DEGREES = [1, 2, 3, 10, 30, 100, 500, 5000]


@pytest.mark.parametrize("a", [0.5, 1, 2.5, 10, 50, 1000])
@pytest.mark.parametrize("b", [0.5, 1, 3, 20])
def test_the_incomplete_beta_function_agrees_with_scipy(a: float, b: float) -> None:
    for x in np.linspace(0, 1, 41):
        assert incomplete_beta(a, b, float(x)) == pytest.approx(special.betainc(a, b, x), rel=1e-10, abs=1e-200)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("t", [0, 1e-6, 0.3, -1.0, 1.96, -8, 20])
def test_p_values_agree_with_scipy(t: float, df: int) -> None:
    assert two_sided_p(t, df) == pytest.approx(2 * stats.t.sf(abs(t), df), rel=1e-9)


@pytest.mark.parametrize("df", DEGREES)
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_critical_values_agree_with_scipy(confidence: float, df: int) -> None:
    assert critical_t(confidence, df) == pytest.approx(stats.t.ppf(0.5 + confidence / 2, df), rel=1e-10)


def test_without_end_of_freedom_it_is_the_normal_distribution() -> None:
    assert two_sided_p(1.96, math.inf) == pytest.approx(2 * stats.norm.sf(1.96), rel=1e-12)
    assert critical_t(0.95, math.inf) == pytest.approx(stats.norm.ppf(0.975), rel=1e-12)
    assert two_sided_p(math.inf, 5) == 0
