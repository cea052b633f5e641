"""Programs read an instrument's price history, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.factories import NOON

from touchstone.markets import actions
from touchstone.markets.bars import Bar
from touchstone.markets.models import Instrument

pytestmark = pytest.mark.django_db

HOURS = 30


@pytest.fixture
def coin(db: None) -> Instrument:
    made = Instrument.objects.create(symbol="BTC", slug="btc", name="Bitcoin", currency="EUR")
    start = int(NOON.timestamp()) - HOURS * 3600
    bars = [Bar(start + n * 3600, 100 + n, 110 + n, 90 + n, 105 + n) for n in range(HOURS)]
    actions.store_bars(made, bars, interval_s=3600, is_simulated=True)
    actions.store_bars(made, bars[:2], interval_s=60, is_simulated=False)
    return made


def ask(client: Client, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()


def iso(hours_before_noon: float) -> str:
    return (NOON - timedelta(hours=hours_before_noon)).isoformat().replace("+00:00", "Z")


def test_without_a_range_the_last_candles_come_in_order_of_time(client: Client, coin: Instrument) -> None:
    found = ask(client, "/api/v1/instruments/BTC/candles?limit=2")
    assert (found["symbol"], found["currency"], found["interval"], found["next"]) == ("BTC", "EUR", "1h", None)
    assert found["items"] == [
        {"opens_at": iso(2), "open": 128, "high": 138, "low": 118, "close": 133, "is_simulated": True},
        {"opens_at": iso(1), "open": 129, "high": 139, "low": 119, "close": 134, "is_simulated": True},
    ]


def test_a_range_holds_its_start_and_not_its_end(client: Client, coin: Instrument) -> None:
    address = f"/api/v1/instruments/btc/candles?interval=1h&from={iso(5)}&to={iso(3)}"
    assert [each["opens_at"] for each in ask(client, address)["items"]] == [iso(5), iso(4)]
    later = f"/api/v1/instruments/BTC/candles?from={iso(5).replace(':00:00Z', ':00:01Z')}&to={iso(3)}"
    assert [each["opens_at"] for each in ask(client, later)["items"]] == [iso(4)]


def test_a_time_without_a_zone_is_utc_and_seconds_are_understood(client: Client, coin: Instrument) -> None:
    plain = f"from={iso(5).rstrip('Z')}&to={iso(3).rstrip('Z')}"
    seconds = f"from={int(NOON.timestamp()) - 5 * 3600}&to={int(NOON.timestamp()) - 3 * 3600}"
    for asked in (plain, seconds):
        assert len(ask(client, f"/api/v1/instruments/BTC/candles?{asked}")["items"]) == 2


def test_pages_join_without_gap_or_overlap(client: Client, coin: Instrument) -> None:
    seen, address = [], f"/api/v1/instruments/BTC/candles?from={iso(HOURS)}&limit=7"
    while address:
        page = ask(client, address)
        seen += [each["opens_at"] for each in page["items"]]
        address = page["next"]
    assert seen == [iso(hours) for hours in range(HOURS, 0, -1)]


def test_each_interval_has_candles_of_its_own(client: Client, coin: Instrument) -> None:
    found = {
        kind: ask(client, f"/api/v1/instruments/BTC/candles?interval={kind}")["items"] for kind in ("1m", "1h", "1d")
    }
    assert {kind: len(items) for kind, items in found.items()} == {"1m": 2, "1h": HOURS, "1d": 0}


@pytest.mark.parametrize(
    ("asked", "status", "code", "field", "words"),
    [
        ("NOPE/candles", 404, "unknown_instrument", "symbol", "GET /api/v1/instruments lists those there are"),
        ("BTC/candles?interval=5m", 422, "invalid", "interval", "'1m', '1h' or '1d'"),
        ("BTC/candles?from=yesterday", 422, "invalid", "from", "from: Input should be a valid datetime"),
        ("BTC/candles?to=1e400", 422, "invalid", "to", "to: Input should be a valid datetime"),
        ("BTC/candles?limit=0", 422, "invalid", "limit", "greater than or equal to 1"),
        ("BTC/candles?limit=1001", 422, "invalid", "limit", "less than or equal to 1000"),
        ("BTC/candles?from=2026-03-02&to=2026-03-01", 422, "bad_range", "from", "`to` has to be later"),
        ("BTC/candles?from=9999-12-31T23:59:59", 422, "bad_range", "from", "`to` has to be later"),
        ("BTC/candles?from=2026-03-01&to=2026-03-01", 422, "bad_range", "from", "`to` has to be later"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    client: Client, coin: Instrument, asked: str, status: int, code: str, field: str, words: str
) -> None:
    answer = client.get(f"/api/v1/instruments/{asked}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (status, code, field)
    assert words in error["message"]


@pytest.mark.parametrize("asked", ["from=0001-01-01T00:00:00", "to=9999-12-31T23:59:59%2B00:00", "from=-60000000000"])
def test_the_ends_of_the_calendar_are_no_trouble(client: Client, coin: Instrument, asked: str) -> None:
    assert client.get(f"/api/v1/instruments/BTC/candles?{asked}").status_code in {200, 422}


def test_the_list_of_instruments_holds_retired_ones_too(client: Client, coin: Instrument) -> None:
    Instrument.objects.create(symbol="OLD", slug="old", name="Old coin", is_active=False)
    found = ask(client, "/api/v1/instruments")["items"]
    assert [(each["symbol"], each["is_active"]) for each in found] == [("BTC", True), ("OLD", False)]
    assert found[0]["url"].endswith("/markets/btc/")


def test_a_page_of_candles_costs_two_queries(client: Client, coin: Instrument, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(2):
        ask(client, f"/api/v1/instruments/BTC/candles?from={iso(HOURS)}")
