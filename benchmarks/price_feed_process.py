"""The price feed alone, reading the exchange simulator: the process that `benchmarks.price_feed` watches."""

from __future__ import annotations

import argparse
import asyncio
import os

import django


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True, help="Port of the exchange simulator.")
    port = parser.parse_args().port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "touchstone.config.settings")
    django.setup()

    from tests.markets.exchange_process import ExchangePeer

    from touchstone.markets.feed import run_feed
    from touchstone.markets.providers.exchange import ExchangePrices

    peer = ExchangePeer(port, symbols="", rate=0)
    asyncio.run(run_feed([ExchangePrices("binance", adjust=peer.adjust)]))


if __name__ == "__main__":
    main()
