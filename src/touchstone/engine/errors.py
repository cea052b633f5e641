"""Everything the engine refuses, each error carrying what the caller can act on."""

from __future__ import annotations


class EngineError(Exception):
    """Root of all the engine's errors."""


class BadWeight(EngineError, ValueError):
    """A voter's weight is negative, infinite or not a number."""

    def __init__(self, weight: float) -> None:
        self.weight = weight
        super().__init__(f"A vote's weight must be a finite number of at least 0, got {weight!r}.")


class BadTally(EngineError, ValueError):
    """A count of votes is negative."""

    def __init__(self, real: int, fake: int) -> None:
        self.real = real
        self.fake = fake
        super().__init__(f"Vote counts must be 0 or more, got {real} real and {fake} fake.")


class MisshapenVotes(EngineError, ValueError):
    """Columns of votes do not fit together or hold impossible numbers."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"These votes cannot be read: {problem}.")


class BadResolution(EngineError, ValueError):
    """A resolved story or its outcome is impossible."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"These resolved stories cannot be read: {problem}.")


class NotFitted(EngineError, RuntimeError):
    """An estimator was asked before it had learned from ballots."""

    def __init__(self, estimator: str) -> None:
        self.estimator = estimator
        super().__init__(f"{estimator} has not seen any ballots yet: call fit first.")


class NothingSettled(EngineError, ValueError):
    """Forecasts cannot be graded because not one outcome is known."""

    def __init__(self) -> None:
        super().__init__("No story with a forecast has a known outcome; resolve at least one story first.")
