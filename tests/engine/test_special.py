"""Special functions against SciPy, and pinned to the bit."""

import struct

import numpy as np
import pytest
from scipy import special as oracle

from touchstone.engine._kernels import special

rng = np.random.default_rng(20240501)
WIDE = np.exp(rng.uniform(-700.0, 700.0, 3000))
AROUND_ONE = 1.0 + rng.uniform(-0.9, 2.0, 3000)
ARGUMENTS = np.exp(rng.uniform(-8.0, 15.0, 3000))


@pytest.mark.parametrize(
    ("ours", "theirs", "points"),
    [
        (special.log, np.log, WIDE),
        (special.log, np.log, AROUND_ONE),
        (special.log1p, np.log1p, np.concatenate([AROUND_ONE - 1.0, rng.uniform(-1e-7, 1e-7, 300)])),
        (special.exp, np.exp, rng.uniform(-700.0, 700.0, 3000)),
        (special.exp, np.exp, rng.uniform(-1.0, 1.0, 3000)),
        (special.sigmoid, oracle.expit, rng.uniform(-40.0, 40.0, 3000)),
    ],
)
def test_elementary_functions_are_right_to_a_few_units_in_the_last_place(ours, theirs, points):
    np.testing.assert_allclose([ours(x) for x in points], theirs(points), rtol=8e-16)


@pytest.mark.parametrize(("ours", "theirs"), [(special.lgamma, oracle.gammaln), (special.digamma, oracle.digamma)])
def test_gamma_functions_agree_with_scipy(ours, theirs):
    np.testing.assert_allclose([ours(x) for x in ARGUMENTS], theirs(ARGUMENTS), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("most", [1.0, 5.0, 10.0])
def test_the_incomplete_beta_agrees_with_scipy(most):
    a, b = np.exp(rng.uniform(-0.5, most, (2, 400)))
    x = rng.beta(a, b)
    np.testing.assert_allclose(
        [special.betainc(*t) for t in zip(a, b, x, strict=True)], oracle.betainc(a, b, x), rtol=1e-12
    )


@pytest.mark.parametrize("level", [0.025, 0.3, 0.5, 0.9])
def test_the_beta_quantile_agrees_with_scipy(level):
    a, b = np.exp(rng.uniform(0.0, 10.0, (2, 300)))
    ours = [special.beta_quantile(*t, level) for t in zip(a, b, strict=True)]
    np.testing.assert_allclose(ours, oracle.betaincinv(a, b, level), rtol=1e-12)


def test_edges_are_exact():
    assert special.log(0.0) == -np.inf
    assert special.log(np.inf) == np.inf
    assert special.log(1.0) == 0.0
    assert special.log(5e-324) == pytest.approx(np.log(5e-324))
    assert special.log1p(-1.0) == -np.inf
    assert special.exp(0.0) == 1.0
    assert special.exp(-800.0) == 0.0
    assert special.exp(800.0) == np.inf
    assert special.sigmoid(0.0) == 0.5
    assert special.betainc(2.0, 3.0, 0.0) == 0.0
    assert special.betainc(2.0, 3.0, 1.0) == 1.0


PINNED = {
    "log(10)": (special.log(10.0), "40026bb1bbb55516"),
    "exp(1)": (special.exp(1.0), "4005bf0a8b14576a"),
    "digamma(0.5)": (special.digamma(0.5), "bfff6a897d3214fc"),
    "lgamma(0.5)": (special.lgamma(0.5), "3fe250d048e7a1b0"),
    "betainc(16, 2, 0.9)": (special.betainc(16.0, 2.0, 0.9), "3fded591cc25820a"),
    "beta_quantile(16, 2, 0.025)": (special.beta_quantile(16.0, 2.0, 0.025), "3fe6d1cd53f7d7fd"),
    "beta_quantile(1e6, 3e5, 0.025)": (special.beta_quantile(1e6, 3e5, 0.025), "3fe8979a24d94666"),
}


@pytest.mark.parametrize("name", PINNED)
def test_results_are_pinned_to_the_bit(name):
    value, bits = PINNED[name]
    assert struct.pack(">d", value).hex() == bits
