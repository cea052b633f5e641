"""Student's t and the normal distribution, without SciPy: probabilities and quantiles."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_MAX_TERMS = 500
_TINY = 1e-300
_NORMAL = NormalDist()


def two_sided_p(t: float, df: float) -> float:
    """Probability that a t-distributed value with `df` degrees of freedom lies further from zero than `t`.

    df : degrees of freedom > 0; math.inf for the normal distribution
    """
    if math.isinf(t):
        return 0.0
    if math.isinf(df):
        return math.erfc(abs(t) / math.sqrt(2.0))
    if t * t < 1.0:  # here df / (df + t²) would round to 1
        return 1.0 - incomplete_beta(0.5, df / 2.0, t * t / (df + t * t))
    return incomplete_beta(df / 2.0, 0.5, df / (df + t * t))


@lru_cache(maxsize=256)
def critical_t(confidence: float, df: float) -> float:
    """The t that encloses `confidence` (between 0 and 1) of the distribution symmetrically."""
    start = _NORMAL.inv_cdf(0.5 + confidence / 2.0)
    if math.isinf(df):
        return start
    low, high = 0.0, start
    while two_sided_p(high, df) > 1.0 - confidence:
        low, high = high, 2.0 * high
    while high - low > 1e-14 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if two_sided_p(middle, df) > 1.0 - confidence:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 <= x <= 1.

    Source: continued fraction by the modified Lentz method, Abramowitz and Stegun 26.5.8.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    return math.exp(log_front) * _beta_fraction(a, b, x)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / (1 + …))) with the coefficients d of the source above."""
    ratio, inverse = 1.0, 1.0 / _away_from_zero(1.0 + _coefficient(1, a, b, x))
    value = inverse
    for term in range(2, _MAX_TERMS):
        weight = _coefficient(term, a, b, x)
        inverse = 1.0 / _away_from_zero(1.0 + weight * inverse)
        ratio = _away_from_zero(1.0 + weight / ratio)
        value *= ratio * inverse
        if abs(ratio * inverse - 1.0) < 1e-16:
            break
    return value


def _coefficient(term: int, a: float, b: float, x: float) -> float:
    half = term // 2
    if term % 2:
        return -(a + half) * (a + b + half) * x / ((a + 2 * half) * (a + 2 * half + 1.0))
    return half * (b - half) * x / ((a + 2 * half - 1.0) * (a + 2 * half))


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
