"""Writes prices from a CSV or Parquet file into the history."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import track

from touchstone.markets import actions
from touchstone.markets.errors import PricesUnreadable
from touchstone.markets.models import Instrument
from touchstone.markets.providers.recorded import RecordedPrices


class Command(BaseCommand):
    """Imports a file of prices."""

    help = "Write prices from a CSV or Parquet file (columns time, instrument, price) into the history."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command line."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--simulated", action="store_true", help="Mark the prices as invented.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import every known instrument of the file and say which were left out."""
        try:
            recorded = RecordedPrices(options["file"])
        except PricesUnreadable as err:
            raise CommandError(str(err)) from err
        known = {each.symbol: each for each in Instrument.objects.filter(symbol__in=recorded.symbols)}
        unknown = [symbol for symbol in recorded.symbols if symbol not in known]
        if not known:
            raise CommandError(
                f"none of the file's instruments is known here: {', '.join(unknown[:10])}; add them first"
            )
        written = 0
        for symbol in track(sorted(known), description="Importing", transient=True):
            prices = recorded.prices(symbol)
            written += actions.import_prices(known[symbol], prices, is_simulated=options["simulated"])
        self.stdout.write(f"{written} bars written for {len(known)} instruments.")
        if unknown:
            self.stdout.write(f"Left out, not known here: {', '.join(unknown)}.")
