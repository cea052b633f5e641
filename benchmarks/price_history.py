"""A year of 50 instruments as it is kept (minutes for 30 days, hours and days for the year): milliseconds per chart.

PRICE_HISTORY_DATABASE may name a PostgreSQL database to fill instead of a throwaway SQLite file.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

INSTRUMENTS = 50
KEPT = {60: timedelta(days=30), 3600: timedelta(days=365), 86_400: timedelta(days=365)}
RANGES = (1, 7, 30, 365)


def measure() -> dict[str, Any]:
    """Median and 95th percentile of reading one chart, per range, and of the board, a basket and a study."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="touchstone.config.settings")
        if os.environ.get("PRICE_HISTORY_DATABASE"):
            os.environ["DATABASE_URL"] = os.environ["PRICE_HISTORY_DATABASE"]
        return _measure_in(folder)


def _measure_in(folder: str) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    began = time.perf_counter()
    instruments, basket = _fill(now)
    filled_s = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    from django.db.models import Max

    from touchstone.markets import queries
    from touchstone.markets.models import Candle
    from touchstone.website.queries import markets

    def each(read: Callable[[Any], object]) -> dict[str, float]:
        return _time([lambda chosen=chosen: read(chosen) for chosen in instruments])  # type: ignore[misc]

    found: dict[str, Any] = {
        "database": connection.vendor,
        "bars": Candle.objects.aggregate(last=Max("id"))["last"],
        "file_mb": round(sum(file.stat().st_size for file in Path(folder).glob("newsroom*")) / 2**20),
        "filled_s": round(filled_s, 1),
    }
    for days in RANGES:
        found[f"chart_{days}d_ms"] = each(lambda one, days=days: markets.price_chart(one, now, days=days))  # type: ignore[misc]
    found["board_ms"] = _time([lambda: markets.board(now, sort="symbol", descending=False)] * 10)
    found["basket_week_ms"] = _time([lambda: queries.basket_history(basket, days=7, until=now)] * 10)
    found["study_5h_ms"] = each(lambda one: queries.study_since(one, now - timedelta(hours=5), now=now))
    return found


def _fill(now: datetime) -> tuple[list[Any], Any]:
    from touchstone.markets import actions
    from touchstone.markets.models import Basket, BasketMember, Instrument, Quote

    basket = Basket.objects.create(slug="all", name="All")
    instruments = []
    for number in range(INSTRUMENTS):
        symbol = f"C{number:02}"
        instrument = Instrument.objects.create(symbol=symbol, slug=symbol.lower(), name=symbol)
        for interval_s, kept in KEPT.items():
            actions.store_bars(
                instrument, _bars(number, interval_s, kept, now), interval_s=interval_s, is_simulated=False
            )
        Quote.objects.create(instrument=instrument, price=100, as_of=now, source="x")
        if number < 10:
            since = (now - timedelta(days=300)).date()
            BasketMember.objects.create(basket=basket, instrument=instrument, weight=1, since=since)
        instruments.append(instrument)
    return instruments, basket


def _bars(seed: int, interval_s: int, kept: timedelta, now: datetime) -> list[Any]:
    from touchstone.markets.bars import Bar

    count = int(kept.total_seconds()) // interval_s
    steps = np.random.default_rng([seed, interval_s]).normal(0, 0.0005 * (interval_s / 60) ** 0.5, count)
    prices = (100 * np.exp(np.cumsum(steps[::-1])[::-1])).tolist()
    start = int(now.timestamp()) // interval_s * interval_s - count * interval_s
    return [Bar(start + place * interval_s, price, price, price, price) for place, price in enumerate(prices)]


def _time(reads: list[Callable[[], object]]) -> dict[str, float]:
    took = []
    for read in reads:
        began = time.perf_counter()
        read()
        took.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(took), 1), "p95": round(float(np.percentile(took, 95)), 1)}
