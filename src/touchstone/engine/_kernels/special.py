"""Elementary and special functions from IEEE + − × ÷ √ alone, so that every machine gives the same bits.

Nothing here calls the system's maths library, whose `log` and `exp` differ between platforms. The functions are plain
Python on scalars; `compile.py` compiles the very same source for the kernels, `special_loops.py` for whole arrays.
Taking a float apart and putting it together (`split`, `scale`) only moves bits, which is exact.
"""

from __future__ import annotations

from math import sqrt

from touchstone.engine._kernels.bits import scale, split
from touchstone.engine._kernels.compile import inlined

SQRT_HALF = 0.7071067811865476
LN2_HIGH = 6.93147180369123816490e-01  # the leading 33 bits of ln 2: its product with an exponent is exact
LN2_LOW = 1.90821492927058770002e-10
INVERSE_LN2 = 1.4426950408889634
HALF_LN_2PI = 0.9189385332046727418
STIRLING_FROM = 10.0  # below this the argument is first shifted up by the recurrence
INFINITY = float("inf")
TINY = 1e-300
DIGAMMA_SHIFT = 8.0
EPSILON = 2.220446049250313e-16
ONE_BELOW = 1.0 - EPSILON
ONE_ABOVE = 1.0 + EPSILON
CLIMB_LIMIT = 100000
NEWTON_LIMIT = 100


@inlined
def _atanh_tail(square: float) -> float:
    """2·(s²/3 + s⁴/5 + …) for s² ≤ 0.0295, with which log(1+f) = f − s·(f − tail), s = f/(2+f)."""
    tail = 2.0 / 23.0
    tail = 2.0 / 21.0 + square * tail
    tail = 2.0 / 19.0 + square * tail
    tail = 2.0 / 17.0 + square * tail
    tail = 2.0 / 15.0 + square * tail
    tail = 2.0 / 13.0 + square * tail
    tail = 2.0 / 11.0 + square * tail
    tail = 2.0 / 9.0 + square * tail
    tail = 2.0 / 7.0 + square * tail
    tail = 2.0 / 5.0 + square * tail
    tail = 2.0 / 3.0 + square * tail
    return square * tail


@inlined
def log(x: float) -> float:
    """Natural logarithm; −inf at 0. x must not be negative or NaN."""
    if x <= 0.0:
        return -INFINITY
    if x == INFINITY:
        return INFINITY
    mantissa, exponent = split(x)
    if mantissa < SQRT_HALF:
        mantissa = mantissa + mantissa
        exponent = exponent - 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    power = float(exponent)
    return power * LN2_HIGH + (f - (s * (f - _atanh_tail(s * s)) - power * LN2_LOW))


@inlined
def log1p(x: float) -> float:
    """log(1 + x) without losing small x; x > −1."""
    if -0.2928 < x < 0.4142:
        s = x / (2.0 + x)
        return x - s * (x - _atanh_tail(s * s))
    u = 1.0 + x
    if u == INFINITY or u <= 0.0:
        return log(u)
    return log(u) + (x - (u - 1.0)) / u


def log_gap(ratio: float, excess: float) -> float:
    """excess − log(ratio), where excess = ratio − 1 is given apart so that it stays exact near 0, where both cancel."""
    if -0.2928 < excess < 0.4142:
        s = excess / (2.0 + excess)
        return s * (excess - _atanh_tail(s * s))
    return excess - log(ratio)


@inlined
def exp(x: float) -> float:
    """e to the power x; 0 below −745, inf above 709.78."""
    if x < -745.2:
        return 0.0
    if x > 709.7827128933841:
        return INFINITY
    scaled = x * INVERSE_LN2
    power = int(scaled + 0.5) if scaled >= 0.0 else -int(0.5 - scaled)
    whole = float(power)
    r = (x - whole * LN2_HIGH) - whole * LN2_LOW
    series = 1.0 / 87178291200.0
    series = 1.0 / 6227020800.0 + r * series
    series = 1.0 / 479001600.0 + r * series
    series = 1.0 / 39916800.0 + r * series
    series = 1.0 / 3628800.0 + r * series
    series = 1.0 / 362880.0 + r * series
    series = 1.0 / 40320.0 + r * series
    series = 1.0 / 5040.0 + r * series
    series = 1.0 / 720.0 + r * series
    series = 1.0 / 120.0 + r * series
    series = 1.0 / 24.0 + r * series
    series = 1.0 / 6.0 + r * series
    return scale(1.0 + (r + r * r * (0.5 + r * series)), power)


@inlined
def sigmoid(x: float) -> float:
    """1 / (1 + e^−x), without overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + exp(-x))
    grown = exp(x)
    return grown / (1.0 + grown)


def stirling_rest(x: float) -> float:
    """log Γ(x) − [(x − ½)·log x − x + ½·log 2π] for x ≥ 10."""
    inverse = 1.0 / x
    square = inverse * inverse
    rest = 43867.0 / 244188.0
    rest = -3617.0 / 122400.0 + square * rest
    rest = 1.0 / 156.0 + square * rest
    rest = -691.0 / 360360.0 + square * rest
    rest = 1.0 / 1188.0 + square * rest
    rest = -1.0 / 1680.0 + square * rest
    rest = 1.0 / 1260.0 + square * rest
    rest = -1.0 / 360.0 + square * rest
    rest = 1.0 / 12.0 + square * rest
    return inverse * rest


def lgamma(x: float) -> float:
    """log Γ(x) for x > 0; absolute error about 1e-15 near its zeros 1 and 2, relative elsewhere."""
    product = 1.0
    while x < STIRLING_FROM:
        product = product * x
        x = x + 1.0
    return (x - 0.5) * log(x) - x + HALF_LN_2PI + stirling_rest(x) - log(product)


@inlined
def digamma_rest(x: float) -> float:
    """ψ(x) − log(x + 8) for 0 < x < 1e38; several ψ can so share one logarithm.

    The eight steps of the recurrence, 1/x + … + 1/(x + 7), in one division: x + i and x + 7 − i multiply to
    u + i(7 − i) with u = x² + 7x. Without branches, so that it runs on several readers at once.
    """
    u = x * (x + 7.0)
    outer = u * (u + 6.0)
    inner = (u + 10.0) * (u + 12.0)
    rises = (x + 3.5) * ((u + 3.0) * inner + (u + 11.0) * outer) * 4.0
    return _digamma_series(x + DIGAMMA_SHIFT) - rises / (outer * inner)


@inlined
def digamma(x: float) -> float:
    """ψ(x), the derivative of log Γ, for 0 < x < 1e38: eight steps of recurrence, then the asymptotic series."""
    return log(x + DIGAMMA_SHIFT) + digamma_rest(x)


@inlined
def _digamma_series(x: float) -> float:
    inverse = 1.0 / x
    square = inverse * inverse
    series = 3617.0 / 8160.0
    series = -1.0 / 12.0 + square * series
    series = 691.0 / 32760.0 + square * series
    series = -1.0 / 132.0 + square * series
    series = 1.0 / 240.0 + square * series
    series = -1.0 / 252.0 + square * series
    series = 1.0 / 120.0 + square * series
    series = -1.0 / 12.0 + square * series
    return square * series - 0.5 * inverse


def beta_front(a: float, b: float, x: float, y: float) -> float:
    """x^a · y^b / B(a, b), where y = 1 − x is given so that neither is rounded away.

    Formed from deviations off the mode, not from differences of log Γ, so that it keeps 1e-13 for a, b in the
    millions. Source: DiDonato & Morris (1992), TOMS 708, function brcomp.
    """
    if x <= 0.0 or y <= 0.0:
        return 0.0
    adjust = 1.0
    front = 0.0
    if a < STIRLING_FROM:
        shifted = 0.0
        while a < STIRLING_FROM:
            adjust = adjust * (a / (a + b))
            shifted = shifted + 1.0
            a = a + 1.0
        front = -shifted * log(x)
    if b < STIRLING_FROM:
        shifted = 0.0
        while b < STIRLING_FROM:
            adjust = adjust * (b / (a + b))
            shifted = shifted + 1.0
            b = b + 1.0
        front = front - shifted * log(y)
    total = a + b
    lag = a - total * x if x <= y else total * y - b
    front = front - (a * log_gap(total * x / a, -lag / a) + b * log_gap(total * y / b, lag / b))
    front = front - (stirling_rest(a) + stirling_rest(b) - stirling_rest(total))
    return adjust * sqrt(a / total * b) * exp(front - HALF_LN_2PI)


def _beta_fraction(a: float, b: float, x: float, y: float) -> float:
    """The continued fraction by which front is divided to give I_x(a, b); for x up to about the mean a/(a+b).

    Source: DiDonato & Morris (1992), TOMS 708, function bfrac: its terms do not cancel. Evaluated by Lentz's method.
    """
    total = a + b
    lag = a - total * x if x <= y else total * y - b
    lag_1 = lag + 1.0
    y_1 = 1.0 + y
    value = a * lag_1 / (a + 1.0)
    c = value
    d = 0.0
    n = 0.0
    for _ in range(CLIMB_LIMIT):
        n = n + 1.0
        a_n = a + n
        odd = a + 2.0 * n - 1.0
        weight = n * (b - n) * x / odd
        rise = (a_n - 1.0) * (total + n - 1.0) * x / odd * weight
        base = n + weight + a_n * (lag_1 + n * y_1) / (odd + 2.0)
        d = base + rise * d
        d = 1.0 / (d if d > TINY or d < -TINY else TINY)
        c = base + rise / c
        c = c if c > TINY or c < -TINY else TINY
        change = c * d
        value = value * change
        if ONE_BELOW <= change <= ONE_ABOVE:
            break
    return value


def betainc(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta I_x(a, b): the probability that a Beta(a, b) share lies below x."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    y = 1.0 - x
    return _beta_part(a, b, x, y, beta_front(a, b, x, y))


def _beta_part(a: float, b: float, x: float, y: float, front: float) -> float:
    """I_x(a, b) from its front."""
    if x * (a + b + 2.0) <= a + 1.0:
        return front / _beta_fraction(a, b, x, y)
    return 1.0 - front / _beta_fraction(b, a, y, x)


def _quantile_start(a: float, b: float, level: float) -> float:
    """A first guess of the Beta quantile, right to about two digits. Source: Abramowitz & Stegun 26.2.23, 26.5.22."""
    if a < 1.0 or b < 1.0 or a + b < 2.5:
        return a / (a + b)
    tail = level if level < 0.5 else 1.0 - level
    t = sqrt(-2.0 * log(tail))
    normal = t - (2.30753 + 0.27061 * t) / (1.0 + t * (0.99229 + t * 0.04481))
    if level > 0.5:
        normal = -normal
    curve = (normal * normal - 3.0) / 6.0
    left = 1.0 / (2.0 * a - 1.0)
    right = 1.0 / (2.0 * b - 1.0)
    mean = 2.0 / (left + right)
    if mean + curve <= 0.0:
        return a / (a + b)
    w = normal * sqrt(mean + curve) / mean - (right - left) * (curve + 5.0 / 6.0 - 2.0 / (3.0 * mean))
    return a / (a + b * exp(2.0 * w))


def beta_quantile(a: float, b: float, level: float) -> float:
    """The x with I_x(a, b) = level, for a, b > 0 and 0 < level < 1, by Halley steps kept inside a shrinking bracket."""
    low = 0.0
    high = 1.0
    x = _quantile_start(a, b, level)
    for _ in range(NEWTON_LIMIT):
        y = 1.0 - x
        front = beta_front(a, b, x, y)
        gap = _beta_part(a, b, x, y, front) - level
        if gap > 0.0:
            high = x
        else:
            low = x
        density = front / (x * y)
        moved = -1.0
        if density > TINY:
            step = gap / density
            bend = 0.5 * step * ((a - 1.0) / x - (b - 1.0) / y)
            moved = x - (step / (1.0 - bend) if -0.5 < bend < 0.5 else step)
        if not low <= moved <= high:
            moved = 0.5 * (low + high)
        change = moved - x
        x = moved
        if -4.0 * EPSILON * x <= change <= 4.0 * EPSILON * x:
            break
    return x
