"""What can go wrong in an event study; each class is one thing the caller can act on."""

from __future__ import annotations

from datetime import UTC, datetime


class EventStudyError(Exception):
    """Root of all errors of this package."""


class PricesUnreadable(EventStudyError):
    """A table of prices could not be understood; names the place."""

    def __init__(self, source: str, *, line: int | None, column: str | None, problem: str) -> None:
        self.source = source
        self.line = line
        self.column = column
        self.problem = problem
        place = source if line is None else f"{source}, line {line}"
        place = place if column is None else f"{place}, column {column}"
        super().__init__(f"{place}: {problem}")


class UnknownInstrument(EventStudyError):
    """The table holds no prices of that instrument."""

    def __init__(self, symbol: str, known: tuple[str, ...]) -> None:
        self.symbol = symbol
        self.known = known
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        super().__init__(f"there are no prices of {symbol!r}; there are prices of {shown or 'nothing'}")


class TooFewPrices(EventStudyError):
    """There are not enough prices before the event to know what is normal."""

    def __init__(self, symbol: str, *, found: int, needed: int) -> None:
        self.symbol = symbol
        self.found = found
        self.needed = needed
        super().__init__(
            f"{symbol}: {found} usable returns before the event, at least {needed} are needed; "
            "add earlier prices, or shorten the drift window"
        )


class EventOutsidePrices(EventStudyError):
    """The event is not between the first and the last price."""

    def __init__(self, symbol: str, *, at_s: float, first_s: float, last_s: float) -> None:
        self.symbol = symbol
        self.at_s = at_s
        self.first_s = first_s
        self.last_s = last_s
        super().__init__(
            f"{symbol}: the event at {_moment(at_s)} needs prices before and after it; "
            f"they run from {_moment(first_s)} to {_moment(last_s)}"
        )


class SeriesUnusable(EventStudyError):
    """A series of prices breaks a rule: times ascending, prices finite and positive, equal lengths."""

    def __init__(self, symbol: str, problem: str) -> None:
        self.symbol = symbol
        self.problem = problem
        super().__init__(f"prices of {symbol}: {problem}")


class BenchmarkUnusable(EventStudyError):
    """The benchmark cannot explain anything: it never moves, or shares too few times with the instrument."""

    def __init__(self, symbol: str, problem: str) -> None:
        self.symbol = symbol
        self.problem = problem
        super().__init__(f"benchmark {symbol}: {problem}; choose another benchmark or none")


def _moment(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, tz=UTC).isoformat().replace("+00:00", "Z")
