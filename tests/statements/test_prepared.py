"""Prepared querysets give what the same queryset gives, and write no SQL the second time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from touchstone.markets.models import Basket, BasketMember, Instrument, Quote
from touchstone.statements import NotASlot, prepared

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quotes() -> None:
    for number, symbol in enumerate(["ADA", "BTC", "ETH", "XRP", "ZEC"], start=1):
        made = Instrument.objects.create(symbol=symbol, slug=symbol.lower(), name=symbol, ticker_place=number)
        Quote.objects.create(
            instrument=made,
            price=Decimal(number),
            as_of=NOW - timedelta(hours=number),
            source="test",
            is_simulated=True,
        )


@prepared
def quotes_of(symbols: list[str]) -> QuerySet[Quote]:
    return Quote.objects.filter(instrument__symbol__in=symbols).select_related("instrument").order_by("price")


@prepared
def instrument_called(symbol: str) -> QuerySet[Instrument]:
    return Instrument.objects.filter(symbol=symbol)


@prepared
def seen_since(moment: datetime, *, place: int) -> QuerySet[Quote, tuple[str, Decimal]]:
    rows = Quote.objects.filter(as_of__gte=moment, instrument__ticker_place__gt=place)
    return rows.order_by("pk").values_list("instrument__symbol", "price")


def test_models_come_with_what_they_select() -> None:
    found = quotes_of(["BTC", "ETH"])
    with CaptureQueriesContext(connection) as queries:
        assert [(quote.instrument.symbol, quote.price) for quote in found] == [
            ("BTC", Decimal(2)),
            ("ETH", Decimal(3)),
        ]
    assert len(queries) == 0
    assert isinstance(found[0], Quote)
    assert found[0].as_of == NOW - timedelta(hours=2)


def test_other_values_give_other_rows() -> None:
    assert [each.symbol for each in instrument_called("BTC")] == ["BTC"]
    assert [each.symbol for each in instrument_called("XRP")] == ["XRP"]
    assert instrument_called("%' OR 1=1 --") == []


@pytest.mark.parametrize("count", range(6))
def test_lists_of_every_length_work(count: int) -> None:
    wanted = ["ADA", "BTC", "ETH", "XRP", "ZEC"][:count]
    assert [quote.instrument.symbol for quote in quotes_of(wanted)] == wanted


@prepared
def quotes_for(instruments: list[int]) -> QuerySet[Quote]:
    return Quote.objects.filter(instrument__in=instruments)


def test_lists_of_keys_work_on_relations() -> None:
    keys = list(Instrument.objects.order_by("pk").values_list("pk", flat=True))
    assert {quote.instrument_id for quote in quotes_for(keys[:3])} == set(keys[:3])
    assert quotes_for([]) == []


def test_times_and_named_values_are_bound_as_the_database_wants_them() -> None:
    assert seen_since(NOW - timedelta(hours=3), place=1) == [("BTC", Decimal(2)), ("ETH", Decimal(3))]
    assert seen_since(NOW - timedelta(hours=4), place=3) == [("XRP", Decimal(4))]


def test_the_second_run_writes_no_sql(monkeypatch: pytest.MonkeyPatch) -> None:
    quotes_of(["BTC", "ETH"])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("SQL was written again")

    monkeypatch.setattr(SQLCompiler, "as_sql", refuse)
    assert len(quotes_of(["XRP", "ZEC"])) == 2


def test_a_run_is_one_query_and_sees_what_changed_before_it() -> None:
    quotes_of(["BTC"])
    Quote.objects.filter(instrument__symbol="BTC").update(price=Decimal("7.5"))
    with CaptureQueriesContext(connection) as queries:
        assert quotes_of(["BTC"])[0].price == Decimal("7.5")
    assert len(queries) == 1


def test_rows_of_two_runs_are_not_the_same_objects() -> None:
    assert instrument_called("BTC")[0] is not instrument_called("BTC")[0]


def test_subqueries_and_annotations_take_values() -> None:
    basket = Basket.objects.create(slug="two", name="Two")
    for symbol in ("BTC", "ETH"):
        held = Instrument.objects.get(symbol=symbol)
        BasketMember.objects.create(basket=basket, instrument=held, weight=1, since=NOW.date())

    @prepared
    def marked(key: int) -> QuerySet[Instrument]:
        members = BasketMember.objects.filter(basket=key, instrument=OuterRef("pk"))
        return Instrument.objects.annotate(is_held=Exists(members), place=F("ticker_place")).order_by("symbol")

    for _ in range(2):
        found = marked(basket.pk)
        assert [bool(each.is_held) for each in found] == [False, True, True, False, False]
        assert [each.place for each in found] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("value", [None, 1.5, Decimal(1), {"a": 1}])
def test_values_that_sql_treats_otherwise_are_refused(value: object) -> None:
    with pytest.raises(NotASlot, match="queryset of its own"):
        instrument_called(value)  # type: ignore[arg-type]


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_statements() -> None:
    instrument_called("BTC")
    found: list[str] = []

    def look() -> None:
        found.extend(each.symbol for each in instrument_called("ETH"))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == ["ETH"]
