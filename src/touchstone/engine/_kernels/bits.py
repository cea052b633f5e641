"""Takes floats apart and puts them together by their bits, exactly; compiled code uses `bits_compiled.py` instead."""

from __future__ import annotations

from math import frexp, ldexp


def split(x: float) -> tuple[float, int]:
    """Mantissa in [½, 1) and exponent with x = mantissa · 2^exponent; x finite and > 0."""
    return frexp(x)


def scale(x: float, power: int) -> float:
    """x · 2^power for |x| between ½ and 2 and power from −1075 to 1024; rounded once where the result is subnormal."""
    return ldexp(x, power)
