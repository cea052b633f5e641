"""Writes: announcing to the streams, and recording prices, history, gaps and the state of sources."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from touchstone.markets import demo, queries
from touchstone.markets.bars import Bar, bars_of, roll_up
from touchstone.markets.errors import StillInUse
from touchstone.markets.gate import Blend
from touchstone.markets.models import (
    Basket,
    BasketMember,
    Candle,
    Gap,
    Instrument,
    Interval,
    Kind,
    PriceSource,
    Quote,
    RefusedTicks,
    StreamMessage,
)
from touchstone.markets.providers.simulated import SimulatedMarket
from touchstone.markets.stream.relays import NOTIFY_CHANNEL

MESSAGES_KEPT_FOR = timedelta(minutes=10)
KEPT_FOR = {Interval.MINUTE: timedelta(days=30), Interval.HOUR: timedelta(days=730)}
DEMO_HISTORY = {
    Interval.MINUTE: timedelta(days=3),
    Interval.HOUR: timedelta(days=90),
    Interval.DAY: timedelta(days=400),
}
BATCH_ROWS = 2000
RETIRE_INSTRUMENT = "Retire it instead: untick Active in its form and save."
RETIRE_BASKET = "Retire it instead: give each of its members an end."


def announce(event: str, data: Mapping[str, Any], *, at: datetime | None = None) -> None:
    """Send a message to every open event stream of every web process, once the present transaction is committed.

    A message that Redis does not take goes through the database, where every web process looks too.
    """
    at = at or datetime.now(UTC)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    if not settings.REDIS_URL:
        _store_message(event, text, at)
        return
    from touchstone.markets.stream.posting import post_to_redis

    def post() -> None:
        if not post_to_redis(settings.REDIS_URL, event, text, at):
            _store_message(event, text, at)

    # Robust: a message that cannot be sent must not undo, or report as failed, the write that it announces.
    transaction.on_commit(post, robust=True)


def _store_message(event: str, text: str, at: datetime) -> None:
    StreamMessage.objects.create(event=event, data=text, at=at)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [NOTIFY_CHANNEL])


def forget_messages(*, at: datetime) -> int:
    """Delete announced messages that no reader will ask for again; how many."""
    deleted, _ = StreamMessage.objects.filter(at__lt=at - MESSAGES_KEPT_FOR).delete()
    return deleted


def still_in_use(subject: Instrument | Basket, uses: Sequence[str]) -> StillInUse:
    """The error that names these uses and says how to retire it instead."""
    instead = RETIRE_INSTRUMENT if isinstance(subject, Instrument) else RETIRE_BASKET
    return StillInUse(str(subject), uses, instead=instead)


def announce_market_pages(*paths: str) -> None:
    """Have the board, and the pages at these paths, made anew in every web process."""
    for path in ("/markets/", *paths):
        announce("page", {"path": path, "change": "published"})


@transaction.atomic
def delete_unused(subject: Instrument | Basket) -> None:
    """Delete an instrument or a basket that nothing refers to. Raises StillInUse, which says what to do instead."""
    uses = queries.uses_of(subject)
    if uses:
        raise still_in_use(subject, uses)
    path = subject.get_absolute_url()
    subject.delete()
    announce("page", {"path": path, "change": "withdrawn"})
    announce_market_pages()


@transaction.atomic
def record_blends(
    blends: Iterable[Blend],
    *,
    is_simulated: bool,
    references: Mapping[int, float],
    instruments: Mapping[str, Instrument],
) -> list[Quote]:
    """Make these prices the latest ones; the quotes, with their instruments.

    references : closing price 24 hours ago by instrument id; where it is missing, the sources' own change is taken
    """
    quotes = []
    for blend in blends:
        instrument = instruments[blend.symbol]
        quotes.append(
            Quote(
                instrument=instrument,
                price=blend.price,
                change_24h_pct=_change_since(references.get(instrument.pk), blend),
                as_of=blend.at,
                is_simulated=is_simulated,
                source=blend.source[:40],
                source_count=blend.source_count,
            )
        )
    fields = ["price", "change_24h_pct", "as_of", "is_simulated", "source", "source_count"]
    Quote.objects.bulk_create(quotes, update_conflicts=True, unique_fields=["instrument"], update_fields=fields)
    return quotes


def _change_since(reference: float | None, blend: Blend) -> Decimal | None:
    if reference is None:
        return blend.change_24h_pct
    return Decimal(repr((float(blend.price) / reference - 1) * 100)).quantize(Decimal("1e-4"))


@transaction.atomic
def store_bars(instrument: Instrument, bars: Iterable[Bar], *, interval_s: int, is_simulated: bool) -> int:
    """Write bars into the history, replacing those of the same time; how many."""
    rows = {
        bar.opens_at_s: (
            instrument.pk,
            interval_s,
            bar.opens_at_s,
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            is_simulated,
        )
        for bar in bars
    }
    listed = list(rows.values())
    # Ten times as fast as bulk_create, which matters for a year of minutes. Outside a transaction SQLite would commit
    # every row by itself; PostgreSQL takes a batch as one array per column, as its driver asks for each row anew.
    with connection.cursor() as cursor:
        for start in range(0, len(listed), BATCH_ROWS):
            batch = listed[start : start + BATCH_ROWS]
            if connection.vendor == "postgresql":
                columns = [list(column) for column in zip(*batch, strict=True)]
                columns[3:7] = [[float(price) for price in column] for column in columns[3:7]]
                cursor.execute(_UPSERT_CANDLES, columns)
            else:
                cursor.executemany(_UPSERT_CANDLE, batch)
    return len(listed)


_ONE_ROW = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
_ARRAYS = (
    "SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[],"
    " %s::float8[], %s::float8[], %s::float8[], %s::float8[], %s::bool[])"
)
_UPSERT_CANDLE = """
    INSERT INTO markets_candle (instrument_id, interval_s, opens_at_s, open, high, low, close, is_simulated)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (instrument_id, interval_s, opens_at_s) DO UPDATE SET
        open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
        is_simulated = excluded.is_simulated
"""
_UPSERT_CANDLES = _UPSERT_CANDLE.replace(_ONE_ROW, _ARRAYS)


def import_prices(instrument: Instrument, prices: Sequence[tuple[float, float]], *, is_simulated: bool) -> int:
    """Write single prices (seconds since 1970, price; in order of time) as bars of every length they can fill.

    Prices up to a minute apart give minutes, up to an hour apart hours, and always days; how many bars.
    """
    if not prices:
        return 0
    pauses = sorted(later - earlier for (earlier, _), (later, _) in pairwise(prices))
    usual_s = pauses[len(pauses) // 2] if pauses else Interval.DAY
    written = 0
    for interval_s in Interval:
        if usual_s <= interval_s or interval_s == Interval.DAY:
            bars = list(bars_of(prices, interval_s))
            written += store_bars(instrument, bars, interval_s=interval_s, is_simulated=is_simulated)
    return written


def roll_up_history(instrument: Instrument, *, since: datetime, until: datetime) -> None:
    """Make the hours and days that touch [since, until) anew from their minutes and hours."""
    for shorter, longer in ((Interval.MINUTE, Interval.HOUR), (Interval.HOUR, Interval.DAY)):
        first_s = int(since.timestamp()) // longer * longer
        rows = Candle.objects.filter(
            instrument=instrument, interval_s=shorter, opens_at_s__gte=first_s, opens_at_s__lt=until.timestamp()
        ).order_by("opens_at_s")
        listed = list(rows)
        bars = [Bar(row.opens_at_s, row.open, row.high, row.low, row.close) for row in listed]
        is_simulated = any(row.is_simulated for row in listed)
        store_bars(instrument, roll_up(bars, longer), interval_s=longer, is_simulated=is_simulated)


def forget_history(*, at: datetime) -> int:
    """Delete minutes and hours that are older than they are kept; how many rows. Days are kept for ever."""
    deleted = 0
    for interval_s, kept_for in KEPT_FOR.items():
        oldest_s = int((at - kept_for).timestamp())
        old = Candle.objects.filter(interval_s=interval_s, opens_at_s__lt=oldest_s)
        while ids := list(old.values_list("pk", flat=True)[:BATCH_ROWS]):
            deleted += Candle.objects.filter(pk__in=ids).delete()[0]
    return deleted


def open_gap(instrument: Instrument, *, at: datetime) -> None:
    """Note that no good price has come since then; nothing happens if that is noted already."""
    Gap.objects.get_or_create(instrument=instrument, ends_at=None, defaults={"starts_at": at})


def close_gap(instrument: Instrument, *, at: datetime) -> None:
    """Note that good prices come again."""
    Gap.objects.filter(instrument=instrument, ends_at=None, starts_at__lte=at).update(ends_at=at)


@transaction.atomic
def report_source(
    name: str,
    *,
    at: datetime,
    is_simulated: bool,
    is_connected: bool,
    last_tick_at: datetime | None,
    accepted: int,
    refused: Mapping[str, tuple[int, str]],
    trouble: str,
) -> None:
    """Note how a price source is doing since the last report.

    accepted : ticks believed since then
    refused  : reason → (how many since then, the latest as it came)
    """
    source, _ = PriceSource.objects.get_or_create(name=name, defaults={"seen_at": at})
    facts: dict[str, Any] = {"is_simulated": is_simulated, "is_connected": is_connected, "seen_at": at}
    if last_tick_at is not None:
        facts["last_tick_at"] = last_tick_at
    PriceSource.objects.filter(pk=source.pk).update(**facts, accepted=F("accepted") + accepted, trouble=trouble[:200])
    for reason, (count, example) in refused.items():
        RefusedTicks.objects.get_or_create(
            source=source, reason=reason, defaults={"last_at": at, "example": example[:120]}
        )
        RefusedTicks.objects.filter(source=source, reason=reason).update(
            count=F("count") + count, last_at=at, example=example[:120]
        )


def announce_ticker(*, at: datetime) -> None:
    """Send the ticker strip as it now stands to every open stream."""
    announce("tick", queries.describe_tick(queries.ticker(at), at=at), at=at)


@transaction.atomic
def open_demo_market(*, at: datetime) -> None:
    """Make the demo's instruments, baskets, invented history and opening quotes, where they are missing.

    Takes a few seconds the first time. An instrument that already has a quote keeps its prices.
    """
    instruments = {each.symbol: _make_demo_instrument(each) for each in demo.INSTRUMENTS}
    for each in demo.INSTRUMENTS:
        if each.benchmark and instruments[each.symbol].benchmark_id is None:
            Instrument.objects.filter(symbol=each.symbol).update(benchmark=instruments[each.benchmark])
    for slug, (name, description, weights) in demo.BASKETS.items():
        yardstick = instruments.get(demo.BASKET_BENCHMARKS.get(slug, ""))
        facts = {"name": name, "description": description, "benchmark": yardstick}
        basket, _ = Basket.objects.get_or_create(slug=slug, defaults=facts)
        since = (at - timedelta(days=400)).date()
        for symbol, weight in weights.items():
            defaults = {"weight": Decimal(weight), "since": since}
            BasketMember.objects.get_or_create(basket=basket, instrument=instruments[symbol], defaults=defaults)
    priced = set(Quote.objects.values_list("instrument__symbol", flat=True))
    fresh = [each for each in demo.INSTRUMENTS if each.symbol not in priced]
    market = SimulatedMarket([each.opening for each in demo.INSTRUMENTS], opened_at=at, seed=demo.SEED)
    for each in fresh:
        _open_with_history(instruments[each.symbol], each, market, at=at)


def _make_demo_instrument(each: demo.DemoInstrument) -> Instrument:
    defaults = {
        "slug": each.symbol.lower(),
        "name": each.name,
        "ticker_place": each.ticker_place,
        "kind": Kind.SHARE if each.symbol in demo.SHARES else Kind.COIN,
        "price_decimals": demo.DECIMALS.get(each.symbol, 2),
    }
    return Instrument.objects.get_or_create(symbol=each.symbol, defaults=defaults)[0]


def _open_with_history(
    instrument: Instrument, each: demo.DemoInstrument, market: SimulatedMarket, *, at: datetime
) -> None:
    for interval_s, reach in DEMO_HISTORY.items():
        bars = market.bars(each.symbol, interval_s=interval_s, since=at - reach, until=at)
        store_bars(instrument, bars, interval_s=interval_s, is_simulated=True)
    change = Decimal(each.change_24h_pct)
    Quote.objects.create(
        instrument=instrument,
        price=Decimal(each.price),
        change_24h_pct=change,
        as_of=at,
        is_simulated=True,
        source=market.name,
    )


@transaction.atomic
def forget_simulated_prices() -> int:
    """Delete every invented quote and bar, so that live prices are never compared with them; how many rows."""
    bars, _ = Candle.objects.filter(is_simulated=True).delete()
    quotes, _ = Quote.objects.filter(is_simulated=True).delete()
    return bars + quotes
