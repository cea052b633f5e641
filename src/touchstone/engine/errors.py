"""Everything the engine refuses, each error carrying what the caller can act on."""

from __future__ import annotations


class EngineError(Exception):
    """Root of all the engine's errors."""


class BadBasis(EngineError, ValueError):
    """What a story is to be scored from cannot be."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"A story's basis is wrong: {problem}.")


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


class BadId(EngineError, ValueError):
    """An id of a story or reader is empty, too long or no text."""

    def __init__(self, name: object) -> None:
        self.name = name
        shown = repr(name) if len(repr(name)) < 60 else f"{repr(name)[:57]}…"
        super().__init__(f"An id must be a whole number or a text of 1 to 4,096 bytes without zero bytes, got {shown}.")


class BadColumn(EngineError, ValueError):
    """A column of votes holds something that is no vote, time or tier, or has the wrong length."""

    def __init__(self, column: str, problem: str, *, row: int | None = None) -> None:
        self.column, self.problem, self.row = column, problem, row
        place = f", row {row} (counted from 0)" if row is not None else ""
        super().__init__(f"Column {column!r}{place}: {problem}.")


class DuplicateVote(EngineError, ValueError):
    """A reader votes twice on the same story; rows are the first two such votes, counted from 0."""

    def __init__(self, story: str, reader: str, rows: tuple[int, int]) -> None:
        self.story, self.reader, self.rows = story, reader, rows
        super().__init__(
            f"Reader {reader!r} votes more than once on story {story!r}; keep one vote of each reader on a story."
        )


class BadFile(EngineError):
    """A file cannot be read as votes: says which file, where in it, and what is wrong."""

    def __init__(self, file: str, problem: str, *, line: int | None = None, column: str | None = None) -> None:
        self.file, self.problem, self.line, self.column = file, problem, line, column
        place = file + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {problem}" + ("" if problem.endswith(("?", ".")) else "."))
