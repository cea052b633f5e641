"""Fetches missing history from an exchange."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import Progress

from touchstone.markets import actions
from touchstone.markets.errors import MarketsError
from touchstone.markets.models import Instrument, Interval
from touchstone.markets.providers import Provider
from touchstone.markets.providers.exchange import ExchangePrices

# How far back each kind of bar is worth having.
REACH = {
    Interval.MINUTE: timedelta(days=3),
    Interval.HOUR: timedelta(days=90),
    Interval.DAY: timedelta(days=400),
}


class Command(BaseCommand):
    """Backfills the history."""

    help = "Fetch the history of every instrument from an exchange: minutes, hours and days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command line."""
        parser.add_argument("--exchange", default="binance", help="An exchange that ccxt knows.")
        parser.add_argument("--symbols", default="", help="Instruments, separated by commas; all of them otherwise.")
        parser.add_argument("--days", type=int, default=None, help="How far back at most, for every kind of bar.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Fetch and write; an instrument that the exchange does not trade is left out."""
        try:
            source = ExchangePrices(options["exchange"], currencies=currencies_of_instruments())
        except MarketsError as err:
            raise CommandError(str(err)) from err
        wanted = [symbol.strip() for symbol in options["symbols"].split(",") if symbol.strip()]
        instruments = Instrument.objects.filter(symbol__in=wanted) if wanted else Instrument.objects.all()
        limit = timedelta(days=options["days"]) if options["days"] else None
        try:
            written = backfill(source, list(instruments), until=datetime.now(UTC), limit=limit)
        except MarketsError as err:
            raise CommandError(str(err)) from err
        self.stdout.write(f"{written} bars written.")


def currencies_of_instruments() -> dict[str, str]:
    """The currency of every instrument's price, by symbol."""
    return dict(Instrument.objects.values_list("symbol", "currency"))


def backfill(source: Provider, instruments: list[Instrument], *, until: datetime, limit: timedelta | None) -> int:
    """Write a source's history of instruments, showing progress; how many bars. Raises SourceLost."""
    written = 0
    with Progress(transient=True) as progress:
        task = progress.add_task("Fetching history", total=len(instruments) * len(REACH))
        for instrument in instruments:
            for interval_s, reach in REACH.items():
                progress.update(task, description=f"{instrument.symbol}, {interval_s.label}")
                since = until - min(reach, limit or reach)
                bars = source.bars(instrument.symbol, interval_s=interval_s, since=since, until=until)
                written += actions.store_bars(instrument, bars, interval_s=interval_s, is_simulated=source.is_simulated)
                progress.advance(task)
    return written
