"""What the two-coin model's fits share, the plain one and the compiled one: priors, parameters, findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEAKEST, STRONGEST = 1.0, 100.0  # bounds of a prior's strength, in votes


@dataclass(frozen=True, slots=True)
class CoinPrior:
    """The Beta prior that all readers share for one class of stories: its mean and its strength in votes."""

    mean: float
    strength: float


@dataclass(frozen=True, slots=True)
class TwoCoinFit:
    """What the sweeps found.

    evidence : float64, shape (n_stories,), undamped log-likelihood ratio L of the votes, real against fake
    belief   : float64, shape (n_stories,), damped posterior q that the story is real
    if_real, if_fake : float64, shape (n_readers,), log-likelihood ratio that a reader's real (≥ 0) or fake vote (≤ 0)
                       carries: a vote never counts against what it says
    sensitivity, specificity : float64, shape (n_readers,), posterior means
    when_real, when_fake : the learned priors of sensitivity and specificity
    prevalence : share of real stories π
    shared_error, chance_error : sums over stories whose ratio is how far readers of one story err together
    accord : in [0, 1], mean² ÷ mean square of readers' skill (sensitivity + specificity − 1), weighted by votes: near 1
             where readers are of one mind about what is true, near 0 where one camp's truth is the other's fake
    """

    evidence: Floats
    belief: Floats
    if_real: Floats
    if_fake: Floats
    sensitivity: Floats
    specificity: Floats
    when_real: CoinPrior
    when_fake: CoinPrior
    prevalence: float
    shared_error: float
    chance_error: float
    accord: float


class CoinParameters(Protocol):
    """What a fit is told; `TwoCoin` says what each means."""

    sweeps: int
    overlap: float
    mean: float
    mean_votes: float
    strength: float
    strength_pull: float
    class_stories: float
    least_skill: float
