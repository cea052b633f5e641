"""A year of 50 instruments as it is kept (minutes for 30 days, hours and days for the year): milliseconds per chart.

On SQLite and on a throwaway PostgreSQL of our own, where its programs are there; each in a process of its own, as
Django knows one database.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from tests.newsroom import ROOT
from tests.postgres import NoPostgres, throwaway_server

INSTRUMENTS = 50
KEPT = {60: timedelta(days=30), 3600: timedelta(days=365), 86_400: timedelta(days=365)}
RANGES = (1, 7, 30, 365)


def measure() -> dict[str, Any]:
    """On each database: median and 95th percentile of reading one chart, per range, of the board, a basket, a study."""
    figures: dict[str, Any] = {"load_before": [round(load, 2) for load in os.getloadavg()]}
    figures["sqlite"] = _measure_on({})
    try:
        with throwaway_server() as server:
            figures["postgresql"] = _measure_on({"DATABASE_URL": server.url})
    except NoPostgres as err:
        print(f"    !!! PostgreSQL was NOT measured: {err}", flush=True)
        figures["postgresql"] = {"not_measured": str(err)}
    return figures


def _measure_on(settings: dict[str, str]) -> dict[str, Any]:
    """The figures of one database, from a process of its own."""
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        own = {"DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "touchstone.config.settings", **settings}
        command = [sys.executable, "-m", "benchmarks.price_history"]
        done = subprocess.run(command, cwd=ROOT, env={**inherited, **own}, check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measure_here() -> dict[str, Any]:
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
        "size_mb": round(_size_bytes(connection) / 2**20),
        "filled_s": round(filled_s, 1),
    }
    for days in RANGES:
        found[f"chart_{days}d_ms"] = each(lambda one, days=days: markets.price_chart(one, now, days=days))  # type: ignore[misc]
    found["board_ms"] = _time([lambda: markets.board(now, sort="symbol", descending=False)] * 10)
    found["basket_week_ms"] = _time([lambda: queries.basket_history(basket, days=7, until=now)] * 10)
    found["study_5h_ms"] = each(lambda one: queries.study_since(one, now - timedelta(hours=5), now=now))
    return found


def _size_bytes(connection: Any) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    return sum(file.stat().st_size for file in Path(os.environ["DATA_DIR"]).glob("newsroom*"))


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


if __name__ == "__main__":
    print(json.dumps(_measure_here()))
