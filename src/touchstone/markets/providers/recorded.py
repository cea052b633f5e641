"""Prices from a CSV or Parquet file: imported as history, or replayed as if they came in now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from touchstone.eventstudy import EventStudyError, PriceTable, csv_rows
from touchstone.markets.bars import Bar, bars_of
from touchstone.markets.errors import PricesUnreadable
from touchstone.markets.ticks import RawTick

PARQUET_MAGIC = b"PAR1"
COLUMNS = ("time", "instrument", "price")


class RecordedPrices:
    """A file with the columns time, instrument and price, read once.

    speed : recorded seconds that pass in one second of a replay
    """

    is_simulated = True

    def __init__(
        self,
        path: Path,
        *,
        speed: float = 1.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Raises PricesUnreadable with the place of the first mistake."""
        self.name = f"replay of {path.name}"[:40]
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._table = _read_table(path)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments in the file, sorted."""
        return self._table.symbols

    def prices(self, symbol: str) -> list[tuple[float, float]]:
        """(seconds since 1970, price) of one instrument in order of time; empty if the file has none."""
        if symbol not in self._table.symbols:
            return []
        series = self._table.series(symbol)
        return list(zip(series.times_s.tolist(), series.prices.tolist(), strict=True))

    async def ticks(self, symbols: Sequence[str]) -> AsyncGenerator[list[RawTick], None]:
        """The file's prices in their order and at their distances, stamped with the present; ends with the file."""
        moments = sorted((time_s, symbol, price) for symbol in symbols for time_s, price in self.prices(symbol))
        before: float | None = None
        for time_s, group in groupby(moments, key=lambda moment: moment[0]):
            if before is not None:
                await self._sleep((time_s - before) / self._speed)
            before = time_s
            now = self._clock()
            yield [RawTick(symbol, price, now) for _, symbol, price in group]

    def bars(self, symbol: str, *, interval_s: int, since: datetime, until: datetime) -> Iterator[Bar]:
        """The file's prices as bars."""
        for bar in bars_of(self.prices(symbol), interval_s):
            if since.timestamp() <= bar.opens_at_s < until.timestamp():
                yield bar


def _read_table(path: Path) -> PriceTable:
    source = str(path)
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == PARQUET_MAGIC
        if is_parquet:
            return PriceTable(_parquet_rows(path), source=source)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return PriceTable(csv_rows(lines, source=source), source=source)
    except OSError as err:
        raise PricesUnreadable(source, err.strerror or str(err)) from err
    except EventStudyError as err:
        raise PricesUnreadable(source, str(err).removeprefix(f"{source}: ").removeprefix(f"{source}, ")) from err


def _parquet_rows(path: Path) -> Iterator[tuple[int, object, object, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
        names = {name.lower(): name for name in table.column_names}
        missing = [column for column in COLUMNS if column not in names]
        if missing:
            raise PricesUnreadable(str(path), f"the columns {', '.join(COLUMNS)} are needed; missing: {missing}")
        columns = [table.column(names[column]).to_pylist() for column in COLUMNS]
        for line, (time, symbol, price) in enumerate(zip(*columns, strict=True), start=1):
            yield line, time, symbol, price
    except pyarrow.ArrowException as err:
        raise PricesUnreadable(str(path), str(err)) from err
