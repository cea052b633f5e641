"""The sums over resolved stories that a calibration's Newton steps need, formed in story order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel
from touchstone.engine._kernels.special import exp, log1p, sigmoid

Floats = npt.NDArray[np.float64]


@kernel
def sum_calibration(log_odds: Floats, outcome: Floats, slope: float, shift: float, sums: Floats) -> None:
    """Set sums to the log-loss, its two first derivatives, by log slope and shift, and the Gauss–Newton ss, sb, bb."""
    sums[:] = 0.0
    for i in range(len(log_odds)):
        scaled = slope * log_odds[i]
        z = scaled + shift
        probability = sigmoid(z)
        error = probability - outcome[i]
        weight = probability * (1.0 - probability)
        sums[0] += (z if z > 0.0 else 0.0) + log1p(exp(-abs(z))) - outcome[i] * z
        sums[1] += error * scaled
        sums[2] += error
        sums[3] += weight * scaled * scaled
        sums[4] += weight * scaled
        sums[5] += weight
