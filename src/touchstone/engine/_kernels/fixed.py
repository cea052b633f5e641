"""Fixed-point numbers: whole multiples of a small power of two, whose sums are exact in any order.

That is how a fit gives the same bits whatever the number of threads, the order of the votes or the cut into shards:
every sum over votes, readers or stories adds whole numbers.
"""

from __future__ import annotations

from math import floor

from touchstone.engine._kernels.compile import inlined

BELIEF_ONE = 1 << 30  # probabilities: int32
WEIGHT_ONE = 1 << 22  # what a vote weighs: int32, from −511 to 511
TERM_ONE = 1 << 28  # terms of sums over readers or stories: int64
MOST_WEIGHT = 511.0


@inlined
def to_fixed(value: float, one: int) -> int:
    """The nearest multiple of 1/one, halves up."""
    return floor(value * one + 0.5)


@inlined
def clip(value: float, least: float, most: float) -> float:
    """The value, or the bound it is beyond."""
    bounded = value if value > least else least
    return bounded if bounded < most else most
