"""The trust engine: votes in, calibrated trust out; NumPy and Numba only."""

from touchstone.engine.digest import ENGINE_VERSION, engine_digest
from touchstone.engine.errors import BadTally, BadWeight, EngineError
from touchstone.engine.index import (
    Confidence,
    KeyVotes,
    Label,
    StoryTrust,
    credible_interval,
    score_tally,
    score_weighted,
)

__all__ = [
    "ENGINE_VERSION",
    "BadTally",
    "BadWeight",
    "Confidence",
    "EngineError",
    "KeyVotes",
    "Label",
    "StoryTrust",
    "credible_interval",
    "engine_digest",
    "score_tally",
    "score_weighted",
]
