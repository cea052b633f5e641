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
