"""Importing and backfilling history, and choosing the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from tests.markets.exchange_process import running_exchange
from tests.markets.makers import NOON, make_instrument

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar
from touchstone.markets.errors import PricesUnreadable, UnknownFeed
from touchstone.markets.feeds import choose_feed
from touchstone.markets.management.commands.backfill_prices import backfill
from touchstone.markets.models import Candle, Instrument, Quote
from touchstone.markets.providers.exchange import ExchangePrices
from touchstone.markets.providers.recorded import RecordedPrices

pytestmark = pytest.mark.django_db


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["time,instrument,price", *lines]))
    return path


def run_import(path: Path, **options: object) -> str:
    out = StringIO()
    call_command("import_prices", str(path), stdout=out, **options)
    return out.getvalue()


def test_minute_prices_become_minutes_hours_and_days(tmp_path: Path) -> None:
    make_instrument("BTC")
    lines = [f"{(NOON + timedelta(minutes=n)).isoformat()},BTC,{100 + n}" for n in range(90)]
    said = run_import(write(tmp_path / "p.csv", *lines, f"{NOON.isoformat()},NOPE,1"))
    counts = {s: Candle.objects.filter(interval_s=s).count() for s in (60, 3600, 86_400)}
    assert counts == {60: 90, 3600: 2, 86_400: 1}
    assert "Left out, not known here: NOPE" in said
    assert not Candle.objects.filter(is_simulated=True).exists()


def test_a_time_that_comes_twice_counts_once_and_the_later_bar_stands() -> None:
    coin = make_instrument("BTC")
    bars = [Bar(60, 1, 1, 1, 1), Bar(120, 2, 2, 2, 2), Bar(60, 3, 3, 3, 3)]
    assert actions.store_bars(coin, bars, interval_s=60, is_simulated=False) == 2
    assert list(Candle.objects.order_by("opens_at_s").values_list("opens_at_s", "close")) == [(60, 3), (120, 2)]


def test_daily_prices_become_days_only(tmp_path: Path) -> None:
    make_instrument("BTC")
    lines = [f"{(NOON + timedelta(days=n)).date()},BTC,{100 + n}" for n in range(10)]
    run_import(write(tmp_path / "p.csv", *lines), simulated=True)
    assert Candle.objects.count() == Candle.objects.filter(interval_s=86_400, is_simulated=True).count() == 10


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["2026-01-01,BTC,-5"], "line 2, column price"),
        (["2026-01-01,NOPE,5"], "none of the file's instruments is known here: NOPE"),
        ([], "not a single price"),
    ],
)
def test_a_bad_file_is_refused_with_its_place_and_nothing_is_written(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    make_instrument("BTC")
    with pytest.raises(CommandError, match=words):
        run_import(write(tmp_path / "p.csv", *lines))
    assert not Candle.objects.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run_import(tmp_path / "nowhere.csv")


def test_backfill_writes_an_exchanges_history_of_what_it_trades() -> None:
    make_instrument("BTC"), make_instrument("NOPE")
    until = datetime.now(UTC)
    with running_exchange("BTC") as peer:
        source = ExchangePrices("binance", adjust=peer.adjust)
        written = backfill(source, list(Instrument.objects.all()), until=until, limit=timedelta(days=2))
    counts = {s: Candle.objects.filter(interval_s=s).count() for s in (60, 3600, 86_400)}
    assert counts == {60: 2880, 3600: 48, 86_400: 2}
    assert written == sum(counts.values())
    assert not Candle.objects.filter(is_simulated=True).exists()


def first_batch(provider, symbols: Sequence[str] = ("BTC", "ETH")) -> dict[str, Decimal]:
    async def take() -> dict[str, Decimal]:
        async for batch in provider.ticks(symbols):
            return {tick.symbol: Decimal(str(tick.price)) for tick in batch}
        return {}

    return asyncio.run(take())


def test_the_simulated_feed_opens_the_demo_market_and_starts_at_its_quotes() -> None:
    feed = choose_feed("simulated")
    assert first_batch(feed.providers[0]) == {"BTC": Decimal("58633.77"), "ETH": Decimal("1564.67")}


def test_the_simulated_feed_goes_on_from_where_prices_are() -> None:
    actions.open_demo_market(at=NOON)
    Quote.objects.filter(instrument__symbol="BTC").update(price=Decimal(61_000))
    assert first_batch(choose_feed("simulated").providers[0])["BTC"] == 61_000


def test_an_instrument_added_at_the_desk_gets_an_invented_price_and_a_retired_one_no_more() -> None:
    actions.open_demo_market(at=NOON)
    make_instrument("DOT")
    Instrument.objects.filter(symbol="ETH").update(is_active=False)
    followed = [symbol for _, symbol, *_ in queries.roster()]
    prices = first_batch(choose_feed("simulated").providers[0], followed)
    assert prices["DOT"] == 100
    assert "ETH" not in prices


def test_the_replayed_feed_reads_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "p.csv", "2026-01-01,BTC,5")
    feed = choose_feed(f"replay:{path}")
    assert isinstance(feed.providers[0], RecordedPrices)
    with pytest.raises(PricesUnreadable):
        choose_feed("replay:/nowhere.csv")


def test_the_live_feed_asks_two_of_three_exchanges_to_agree_and_drops_invented_prices() -> None:
    actions.open_demo_market(at=NOON)
    feed = choose_feed("live")
    assert [provider.name for provider in feed.providers] == ["binance", "kraken", "coinbase"]
    assert feed.rules.quorum == 2
    assert not Candle.objects.filter(is_simulated=True).exists()
    assert not Quote.objects.exists()


def test_no_feed_has_no_sources_and_an_unknown_one_is_refused() -> None:
    assert choose_feed("none").providers == ()
    with pytest.raises(UnknownFeed, match="simulated, live, replay:FILE, none"):
        choose_feed("magic")
    with pytest.raises(CommandError, match="magic"):
        call_command("run_price_feed", feed="magic")
