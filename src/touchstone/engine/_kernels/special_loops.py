"""The special functions over whole arrays, compiled; their plain twins are the same loops interpreted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel
from touchstone.engine._kernels.special import beta_quantile, digamma, exp, lgamma, log, log1p, sigmoid

Floats = npt.NDArray[np.float64]


@kernel
def log_each(x: Floats, out: Floats) -> None:
    """out[i] = log(x[i])."""
    for i in range(len(x)):
        out[i] = log(x[i])


@kernel
def log1p_each(x: Floats, out: Floats) -> None:
    """out[i] = log(1 + x[i])."""
    for i in range(len(x)):
        out[i] = log1p(x[i])


@kernel
def exp_each(x: Floats, out: Floats) -> None:
    """out[i] = e^x[i]."""
    for i in range(len(x)):
        out[i] = exp(x[i])


@kernel
def sigmoid_each(x: Floats, out: Floats) -> None:
    """out[i] = 1 / (1 + e^−x[i])."""
    for i in range(len(x)):
        out[i] = sigmoid(x[i])


@kernel
def digamma_each(x: Floats, out: Floats) -> None:
    """out[i] = ψ(x[i])."""
    for i in range(len(x)):
        out[i] = digamma(x[i])


@kernel
def lgamma_each(x: Floats, out: Floats) -> None:
    """out[i] = log Γ(x[i])."""
    for i in range(len(x)):
        out[i] = lgamma(x[i])


@kernel
def beta_quantile_each(a: Floats, b: Floats, level: float, out: Floats) -> None:
    """out[i] = the x below which a Beta(a[i], b[i]) share lies with probability level."""
    for i in range(len(a)):
        out[i] = beta_quantile(a[i], b[i], level)
