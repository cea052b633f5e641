"""The price feed against an exchange that dies, stalls and lies: bad prices shown, time to say so, recovery, memory.

PRICE_FEED_SECONDS (600) sets how long; faults come at fixed shares of it.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INSTRUMENTS = 50
RATE = 10.0
# The simulator's prices start at 100 to 149 and hardly move; anything outside is a bad one.
SANE = (80.0, 180.0)
MUST_SAY_WITHIN_S = 15.0
PRICE_ON_PAGE = re.compile(r"data-price>\$?([0-9.,]+|[^<]*)<")


@dataclass
class Watch:
    """What was seen on pages and of the process."""

    pages: int = 0
    prices: int = 0
    bad: list[str] = field(default_factory=list)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)


def measure() -> dict[str, Any]:
    """Figures of one run; raises RuntimeError if a bad price was shown or a gap was not."""
    seconds = float(os.environ.get("PRICE_FEED_SECONDS", "600"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DATA_DIR=folder, DJANGO_SETTINGS_MODULE="touchstone.config.settings", PRICE_FEED="none")
        return _measure_in(folder, seconds)


def _measure_in(folder: str, seconds: float) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from tests.markets.exchange_process import running_exchange

    from touchstone.markets.models import Instrument

    call_command("migrate", verbosity=0)
    symbols = [f"C{number:02}" for number in range(INSTRUMENTS)]
    for place, symbol in enumerate(symbols):
        fields = {
            "symbol": symbol,
            "slug": symbol.lower(),
            "name": symbol,
            "ticker_place": place if place < 4 else None,
        }
        Instrument.objects.create(**fields)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    with running_exchange(",".join(symbols), rate=RATE) as peer, Path(folder, "feed.log").open("wb") as log:
        command = [sys.executable, "-m", "benchmarks.price_feed_process", "--port", str(peer.port)]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            watch = _watch(peer, process, seconds)
        finally:
            process.terminate()
            process.wait(15)
    return _judge(watch, seconds)


def _watch(peer: Any, process: subprocess.Popen[bytes], seconds: float) -> Watch:
    watch, began = Watch(), time.monotonic()
    _await(lambda: not _is_stale(), watch, process, within_s=60)
    faults: list[tuple[float, str, Callable[[], object], Callable[[], object]]] = [
        (0.08, "killed", peer.kill, peer.start),
        (0.22, "stalled", lambda: peer.control(mode="stall"), lambda: peer.control(mode="honest")),
        (0.36, "NaN, 0, -1, 1e308", lambda: peer.control(mode="lie"), lambda: peer.control(mode="honest")),
        (0.46, "stale stamps", lambda: peer.control(mode="stale"), lambda: peer.control(mode="honest")),
        (0.56, "future stamps", lambda: peer.control(mode="future"), lambda: peer.control(mode="honest")),
        (0.66, "10,000 times", lambda: peer.control(factor=10_000), lambda: peer.control(factor=1.0)),
        (0.76, "killed again", peer.kill, peer.start),
        (0.88, "duplicates", lambda: peer.control(mode="duplicate"), lambda: peer.control(mode="honest")),
        (0.92, "reordered", lambda: peer.control(mode="reorder"), lambda: peer.control(mode="honest")),
    ]
    for share, name, break_it, mend_it in faults:
        _look_until(began + share * seconds, watch, process)
        watch.faults.append(_one_fault(name, break_it, mend_it, watch, process))
    _look_until(began + seconds, watch, process)
    return watch


def _one_fault(
    name: str, break_it: Callable[[], object], mend_it: Callable[[], object], watch: Watch, process: Any
) -> dict[str, Any]:
    """Break the exchange for 20 seconds; when pages said so, and when they were right again after mending."""
    is_harmless = name in {"duplicates", "reordered"}
    began = time.monotonic()
    break_it()
    said_after = None if is_harmless else _await(_is_stale, watch, process, within_s=20)
    _look_until(began + 20, watch, process)
    mend_it()
    mended = time.monotonic()
    _await(lambda: not _is_stale(), watch, process, within_s=90)
    found = {"fault": name, "said_after_s": said_after, "right_after_s": round(time.monotonic() - mended, 1)}
    print(f"    {found}", flush=True)
    return found


def _is_stale() -> bool:
    from datetime import UTC, datetime

    from touchstone.markets.queries import ticker

    items = ticker(datetime.now(UTC))
    return not items or all(item.is_stale for item in items)


def _await(is_so: Callable[[], bool], watch: Watch, process: Any, *, within_s: float) -> float:
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > within_s:
            raise RuntimeError(f"waited {within_s} s in vain; after {[fault['fault'] for fault in watch.faults]}")
        _look(watch, process)
        time.sleep(0.5)
    return round(time.monotonic() - began, 1)


def _look_until(moment: float, watch: Watch, process: Any) -> None:
    while time.monotonic() < moment:
        _look(watch, process)
        time.sleep(0.5)


def _look(watch: Watch, process: subprocess.Popen[bytes]) -> None:
    """Read the board and the ticker as a reader would, and the feed's memory."""
    from django.test import Client

    if process.poll() is not None:
        raise RuntimeError(f"the feed ended with {process.returncode}")
    page = Client().get("/markets/").content.decode()
    shown = PRICE_ON_PAGE.findall(page)
    quotes = Client().get("/api/v1/ticker").json()["items"]
    prices = [*shown, *(quote["price"] for quote in quotes)]
    watch.pages += 2
    watch.prices += len(prices)
    watch.bad += [price for price in prices if not _is_sane(price)]
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    memory = int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    watch.memory_mb.append((time.monotonic(), memory))


def _is_sane(text: str) -> bool:
    try:
        return SANE[0] < float(text.replace(",", "")) < SANE[1]
    except ValueError:
        return False


def _judge(watch: Watch, seconds: float) -> dict[str, Any]:
    from touchstone.markets.models import Candle, RefusedTicks

    third = len(watch.memory_mb) // 3
    middle, last = (
        statistics.median(mb for _, mb in part) for part in (watch.memory_mb[third:-third], watch.memory_mb[-third:])
    )
    late = [fault for fault in watch.faults if (fault["said_after_s"] or 0) > MUST_SAY_WITHIN_S]
    figures = {
        "seconds": seconds,
        "instruments": INSTRUMENTS,
        "messages_per_second": INSTRUMENTS * RATE,
        "pages_read": watch.pages,
        "prices_read": watch.prices,
        "bad_prices_shown": len(watch.bad),
        "faults": watch.faults,
        "refused": dict(RefusedTicks.objects.values_list("reason", "count")),
        "bars": Candle.objects.count(),
        "memory_mb_middle_third": round(middle, 1),
        "memory_mb_last_third": round(last, 1),
    }
    if watch.bad or late:
        raise RuntimeError(f"bad prices shown: {watch.bad[:5]}; gaps said too late: {late}; {figures}")
    return figures
