"""The trust engine: votes in, calibrated trust out; NumPy and Numba only."""

from touchstone.engine.bridging import Bridging, Viewpoints, find_viewpoints
from touchstone.engine.calibration import FEWEST_RESOLVED, Calibration, CalibrationPrior, fit_calibration
from touchstone.engine.combined import Combined
from touchstone.engine.dawid_skene import DawidSkene, OneCoin
from touchstone.engine.digest import ENGINE_VERSION, engine_digest
from touchstone.engine.errors import (
    BadResolution,
    BadTally,
    BadWeight,
    EngineError,
    MisshapenVotes,
    NotFitted,
    NothingSettled,
)
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns
from touchstone.engine.index import (
    Confidence,
    KeyVotes,
    Label,
    StoryTrust,
    credible_interval,
    score_tally,
    score_weighted,
)
from touchstone.engine.lockstep import LockstepRules, TimedVotes, find_lockstep, mark_counted
from touchstone.engine.majority import Laplace, MajorityOdds, Share
from touchstone.engine.metrics import (
    ReliabilityRow,
    accuracy,
    bootstrap_interval,
    brier_score,
    calibration_error,
    log_loss,
    reliability,
)
from touchstone.engine.two_coin import TwoCoin, TwoCoinFit

__all__ = [
    "ENGINE_VERSION",
    "FEWEST_RESOLVED",
    "BadResolution",
    "BadTally",
    "BadWeight",
    "Bridging",
    "Calibration",
    "CalibrationPrior",
    "Combined",
    "Confidence",
    "DawidSkene",
    "EngineError",
    "Estimator",
    "KeyVotes",
    "Label",
    "Laplace",
    "LockstepRules",
    "MajorityOdds",
    "MisshapenVotes",
    "NotFitted",
    "NothingSettled",
    "OneCoin",
    "ReliabilityRow",
    "Resolutions",
    "Share",
    "StoryTrust",
    "TimedVotes",
    "TwoCoin",
    "TwoCoinFit",
    "Viewpoints",
    "VoteColumns",
    "accuracy",
    "bootstrap_interval",
    "brier_score",
    "calibration_error",
    "credible_interval",
    "engine_digest",
    "find_lockstep",
    "find_viewpoints",
    "fit_calibration",
    "log_loss",
    "mark_counted",
    "reliability",
    "score_tally",
    "score_weighted",
]
