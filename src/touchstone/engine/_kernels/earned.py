"""Compiled kernels of earned weight: running tallies of each story, and each reader's record."""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVELS = 15  # weight levels 0 to 15


@kernel
def running_lean(
    starts: Integers, order: Integers, vote: Integers, time_ms: Integers, weight: Floats, shared_error: float
) -> Floats:
    """What each vote's story looked like just before it: (real − fake) / (1 + (real + fake − 1)·ρ), float64.

    `order` holds each story's votes by time; votes of the very same millisecond do not see one another.
    """
    lean = np.zeros(len(order))
    for story in range(len(starts) - 1):
        real = 0.0
        fake = 0.0
        taken = starts[story]
        for at in range(starts[story], starts[story + 1]):
            while time_ms[order[taken]] < time_ms[order[at]]:
                if vote[order[taken]] == 1:
                    real += weight[order[taken]]
                else:
                    fake += weight[order[taken]]
                taken += 1
            lean[order[at]] = (real - fake) / (1.0 + max(real + fake - 1.0, 0.0) * shared_error)
    return lean


def level_of_record(gain: float, information: float, prior: float, least_doubt: float, early_doubt: float) -> int:
    """The weight level, 0 to 15, of a record with these sums.

    gain         Σ (1[right] − c) over the graded votes, c the chance that the vote was right
    information  Σ c·(1 − c)
    The edge is gain / (information + prior), its standard deviation (information + prior)^−½, and the weight
    edge − κ·sd with κ falling from early_doubt + least_doubt to least_doubt as information grows; 1 is the most.
    """
    precision = information + prior
    doubt = least_doubt + early_doubt / (1.0 + 0.5 * information)
    weight = gain / precision - doubt / sqrt(precision)
    if weight <= 0.0:
        return 0
    return int(min(weight, 1.0) * 15.0)


@kernel
def weigh_records(
    starts: Integers,
    order: Integers,
    chance: Floats,
    is_right: npt.NDArray[np.bool_],
    prior: float,
    least_doubt: float,
    early_doubt: float,
) -> Integers:
    """Each reader's weight level: int64, shape (n_readers,); a NaN chance is an ungraded vote."""
    levels = np.zeros(len(starts) - 1, dtype=np.int64)
    for reader in range(len(starts) - 1):
        gain = 0.0
        information = 0.0
        for at in range(starts[reader], starts[reader + 1]):
            c = chance[order[at]]
            if c == c:
                gain += (1.0 if is_right[order[at]] else 0.0) - c
                information += c * (1.0 - c)
        levels[reader] = level_of_record(gain, information, prior, least_doubt, early_doubt)
    return levels
