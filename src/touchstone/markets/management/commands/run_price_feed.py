"""Runs the price feed; one process per site."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from touchstone.markets.errors import MarketsError
from touchstone.markets.feed import run_feed
from touchstone.markets.feeds import choose_feed


class Command(BaseCommand):
    """The price feed of the site."""

    help = "Take prices from the configured sources, check them and pass them on, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the command line."""
        parser.add_argument("--feed", default=None, help="Feed to use instead of the setting PRICE_FEED.")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; begin anew whenever the instruments have changed."""
        is_stopped = False
        while not is_stopped:
            try:
                feed = choose_feed(options["feed"])
            except MarketsError as err:
                raise CommandError(str(err)) from err
            is_stopped = asyncio.run(_run_until_stopped(feed.providers, feed.rules))


async def _run_until_stopped(providers: Any, rules: Any) -> bool:
    """Whether it was stopped from outside; otherwise the instruments have changed."""
    loop = asyncio.get_running_loop()
    running = asyncio.ensure_future(run_feed(providers, rules=rules))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        return True
    return False
