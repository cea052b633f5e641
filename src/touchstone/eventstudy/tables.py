"""Tables of prices with the columns time, instrument and price, read row by row with the place of every mistake."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import numpy as np

from touchstone.eventstudy.errors import PricesUnreadable, UnknownInstrument
from touchstone.eventstudy.returns import PriceSeries

COLUMNS = ("time", "instrument", "price")
# Whole numbers from here on are milliseconds since 1970: as seconds they would lie past the year 5000.
_FIRST_MILLISECONDS = 1e11

Row = tuple[int, object, object, object]


class PriceTable:
    """Prices of several instruments, by symbol."""

    def __init__(self, rows: Iterable[Row], *, source: str) -> None:
        """Read rows of (line, time, instrument, price), in any order. Raises PricesUnreadable."""
        self._source = source
        self._found: dict[str, dict[float, float]] = {}
        for line, time, symbol, price in rows:
            self._add(line, time, symbol, price)
        if not self._found:
            raise PricesUnreadable(source, line=None, column=None, problem="there is not a single price in it")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments that have prices, sorted."""
        return tuple(sorted(self._found))

    def series(self, symbol: str) -> PriceSeries:
        """The prices of one instrument in the order of time. Raises UnknownInstrument."""
        prices = self._found.get(symbol)
        if prices is None:
            raise UnknownInstrument(symbol, self.symbols)
        times_s = np.array(sorted(prices))
        return PriceSeries(symbol, times_s, np.array([prices[time_s] for time_s in times_s.tolist()]))

    def _add(self, line: int, time: object, symbol: object, price: object) -> None:
        def fail(column: str, problem: str) -> PricesUnreadable:
            return PricesUnreadable(self._source, line=line, column=column, problem=problem)

        try:
            time_s = read_time(time)
        except ValueError as err:
            raise fail("time", str(err)) from err
        name = str(symbol or "").strip()
        if not name:
            raise fail("instrument", "is empty")
        try:
            value = read_price(price)
        except ValueError as err:
            raise fail("price", str(err)) from err
        prices = self._found.setdefault(name, {})
        if prices.setdefault(time_s, value) != value:
            raise fail("time", f"{name} has two different prices at {time!s}")


def csv_rows(lines: Iterable[str], *, source: str) -> Iterator[Row]:
    """Rows of a CSV file with a header that names time, instrument and price; other columns are left out.

    Raises PricesUnreadable.
    """
    reader = csv.reader(lines)
    try:
        places = _places_of(next(reader, []), source)
        for cells in reader:
            if cells and any(cell.strip() for cell in cells):
                yield reader.line_num, *_pick(cells, places, source, reader.line_num)
    except csv.Error as err:
        raise PricesUnreadable(source, line=reader.line_num, column=None, problem=str(err)) from err


def read_time(value: object) -> float:
    """A time as seconds since 1970; raises ValueError that says what was expected.

    value : ISO 8601 (UTC unless it says otherwise), or a number of seconds or milliseconds since 1970
    """
    if isinstance(value, datetime):
        return _seconds(value)
    text = str("" if value is None else value).strip()
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        if not math.isfinite(number):
            raise ValueError(f"{text!r} is not a time")
        return number / 1000.0 if abs(number) >= _FIRST_MILLISECONDS else number
    try:
        return _seconds(datetime.fromisoformat(text))
    except ValueError:
        raise ValueError(
            f"{text!r} is not a time; write it like 2026-03-02T12:00:00Z, or as seconds since 1970"
        ) from None


def read_price(value: object) -> float:
    """A finite positive price; raises ValueError that says what was expected."""
    try:
        price = float(str(value).strip())
    except ValueError:
        raise ValueError(f"{value!r} is not a number; write a price like 58633.77") from None
    if not math.isfinite(price) or price <= 0:
        raise ValueError(f"{str(value).strip()} is not a price; it must be finite and above zero")
    return price


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _places_of(header: list[str], source: str) -> tuple[int, int, int]:
    names = [cell.strip().lower() for cell in header]
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        problem = f"the header must name {', '.join(COLUMNS)}; missing: {', '.join(missing)}"
        raise PricesUnreadable(source, line=1, column=None, problem=problem)
    return names.index("time"), names.index("instrument"), names.index("price")


def _pick(cells: list[str], places: tuple[int, int, int], source: str, line: int) -> tuple[str, str, str]:
    if len(cells) <= max(places):
        problem = f"has {len(cells)} cells, at least {max(places) + 1} are needed"
        raise PricesUnreadable(source, line=line, column=None, problem=problem)
    return cells[places[0]], cells[places[1]], cells[places[2]]
