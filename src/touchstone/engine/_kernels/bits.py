"""Plain forms of what compiled code does on raw bits, in `bits_compiled.py`; both are exact."""

from __future__ import annotations

from math import frexp, ldexp

import numpy as np
import numpy.typing as npt


def split(x: float) -> tuple[float, int]:
    """Mantissa in [½, 1) and exponent with x = mantissa · 2^exponent; x finite and > 0."""
    return frexp(x)


def scale(x: float, power: int) -> float:
    """x · 2^power for |x| between ½ and 2 and power from −1075 to 1024; rounded once where the result is subnormal."""
    return ldexp(x, power)


def lowest_bit(word: np.uint64) -> int:
    """The number of zeros below the lowest bit that is set; the word is not 0."""
    return (int(word) & -int(word)).bit_length() - 1


def word_at(buffer: npt.NDArray[np.uint8], place: int) -> np.uint64:
    """The eight bytes from `place` on as one little-endian number; the buffer must reach that far."""
    return np.uint64(int.from_bytes(buffer[place : place + 8].tobytes(), "little"))
