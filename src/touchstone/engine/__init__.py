"""The trust engine: votes in, calibrated trust out; NumPy and Numba only."""

from touchstone.engine._kernels.compile import interpreted
from touchstone.engine.ballot_files import read_ballots
from touchstone.engine.ballots import Ballots
from touchstone.engine.basis import Basis, Place, held_after, plain_basis, score_basis, score_tally
from touchstone.engine.bridging import Bridging, Viewpoints, find_both_sides, find_viewpoints
from touchstone.engine.calibration import FEWEST_RESOLVED, Calibration, CalibrationPrior, fit_calibration
from touchstone.engine.chance import published_before
from touchstone.engine.coins import TwoCoinFit
from touchstone.engine.combined import Combined
from touchstone.engine.crew import threads_at_work
from touchstone.engine.dawid_skene import DawidSkene, OneCoin
from touchstone.engine.diagrams import draw_dots, draw_reliability, draw_strips
from touchstone.engine.digest import ENGINE_VERSION, engine_digest
from touchstone.engine.earned import Anchors, EarnedRules, EarnedWeights, earn_weights, weigh_record
from touchstone.engine.errors import (
    BadBasis,
    BadColumn,
    BadFile,
    BadId,
    BadResolution,
    BadTally,
    DuplicateVote,
    EngineError,
    MisshapenVotes,
    NotFitted,
    NothingSettled,
)
from touchstone.engine.estimator import Estimator, Resolutions, VoteColumns
from touchstone.engine.ids import IdTable, hash_id
from touchstone.engine.index import (
    ALL_LABELS,
    REVIEW_REASONS,
    Confidence,
    Label,
    ReviewReason,
    StoryTrust,
    credible_interval,
)
from touchstone.engine.lockstep import LockstepRules, TimedVotes, find_lockstep, mark_counted
from touchstone.engine.majority import Laplace, MajorityOdds, Share
from touchstone.engine.metrics import (
    ReliabilityRow,
    accuracy,
    bootstrap_interval,
    brier_score,
    calibration_error,
    chance_calibration_error,
    log_loss,
    reliability,
)
from touchstone.engine.publication import Evidence, Publication, Readers, publish, score_story
from touchstone.engine.rules import PublicationRules
from touchstone.engine.standing import NEVER, Standing, StandingRules, find_standing, mark_over_quota
from touchstone.engine.table import TrustTable
from touchstone.engine.two_coin import TwoCoin

__all__ = [
    "ALL_LABELS",
    "ENGINE_VERSION",
    "FEWEST_RESOLVED",
    "NEVER",
    "REVIEW_REASONS",
    "Anchors",
    "BadBasis",
    "BadColumn",
    "BadFile",
    "BadId",
    "BadResolution",
    "BadTally",
    "Ballots",
    "Basis",
    "Bridging",
    "Calibration",
    "CalibrationPrior",
    "Combined",
    "Confidence",
    "DawidSkene",
    "DuplicateVote",
    "EarnedRules",
    "EarnedWeights",
    "EngineError",
    "Estimator",
    "Evidence",
    "IdTable",
    "Label",
    "Laplace",
    "LockstepRules",
    "MajorityOdds",
    "MisshapenVotes",
    "NotFitted",
    "NothingSettled",
    "OneCoin",
    "Place",
    "Publication",
    "PublicationRules",
    "Readers",
    "ReliabilityRow",
    "Resolutions",
    "ReviewReason",
    "Share",
    "Standing",
    "StandingRules",
    "StoryTrust",
    "TimedVotes",
    "TrustTable",
    "TwoCoin",
    "TwoCoinFit",
    "Viewpoints",
    "VoteColumns",
    "accuracy",
    "bootstrap_interval",
    "brier_score",
    "calibration_error",
    "chance_calibration_error",
    "credible_interval",
    "draw_dots",
    "draw_reliability",
    "draw_strips",
    "earn_weights",
    "engine_digest",
    "find_both_sides",
    "find_lockstep",
    "find_standing",
    "find_viewpoints",
    "fit_calibration",
    "hash_id",
    "held_after",
    "interpreted",
    "log_loss",
    "mark_counted",
    "mark_over_quota",
    "plain_basis",
    "publish",
    "published_before",
    "read_ballots",
    "reliability",
    "score_basis",
    "score_story",
    "score_tally",
    "threads_at_work",
    "weigh_record",
]
