"""Editors keep instruments and baskets at the desk; what leans on prices and stories is safe from them."""

from __future__ import annotations

import re
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.factories import make_story, make_user
from tests.markets.makers import NOON, make_instrument
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from touchstone.markets import queries
from touchstone.markets.models import Basket, BasketMember, Candle, Instrument, Quote
from touchstone.stories.actions import set_up_newsroom

pytestmark = pytest.mark.django_db


def signed_in(group: str) -> Client:
    set_up_newsroom()
    user = make_user(group.lower())
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def editor(db: None) -> Client:
    return signed_in("Editors")


@pytest.fixture
def publisher(db: None) -> Client:
    return signed_in("Publishers")


def instrument_form(**fields: Any) -> dict[str, Any]:
    wanted = {
        "symbol": "DOT",
        "name": "Polkadot",
        "kind": "coin",
        "description": "",
        "currency": "USD",
        "price_decimals": "2",
        "ticker_place": "",
        "slug": "",
        "benchmark": "",
        "is_active": "on",
        **fields,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def form_of(instrument: Instrument, **fields: Any) -> dict[str, Any]:
    own = {name: getattr(instrument, name) for name in ("symbol", "name", "slug", "currency", "price_decimals")}
    return instrument_form(**{**own, **fields})


def member(instrument: Instrument | int, weight: str = "1", since: str = "2026-01-01", until: str = "", **fields: Any):
    key = instrument.pk if isinstance(instrument, Instrument) else instrument
    return {"instrument": key, "weight": weight, "since": since, "until": until, **fields}


def basket_form(*members: dict[str, Any], initial: int = 0, **fields: Any) -> dict[str, Any]:
    wanted = {"name": "Large coins", "slug": "large-coins", "description": "", "benchmark": "", **fields}
    return nested_form_data({**wanted, "members": inline_formset(list(members), initial=initial)})


def add(client: Client, kind: str, form: dict[str, Any]) -> str:
    return shown(client.post(reverse(f"{kind}:add"), form, follow=True))


def edit(client: Client, kind: str, key: int, form: dict[str, Any]) -> str:
    return shown(client.post(reverse(f"{kind}:edit", args=[key]), form, follow=True))


def shown(answer: Any) -> str:
    assert answer.status_code == 200
    text = answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    return re.sub(r"\s+", " ", text)


def price(instrument: Instrument) -> None:
    Quote.objects.create(instrument=instrument, price=10, as_of=NOON, source="test")


def test_an_editor_adds_an_instrument_and_the_desk_lists_it(editor: Client) -> None:
    make_instrument("BTC")
    page = add(editor, "instruments", instrument_form(symbol=" dot ", benchmark=Instrument.objects.get().pk))
    dot = Instrument.objects.get(symbol="DOT")
    assert (dot.slug, dot.name, dot.kind, dot.benchmark.symbol, dot.is_active) == (
        "dot",
        "Polkadot",
        "coin",
        "BTC",
        True,
    )
    assert "Polkadot" in page
    assert "Markets" in shown(editor.get("/desk/"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"symbol": "D O T"}, "“D O T” is not a symbol. Use up to 16 capital letters"),
        ({"symbol": "btc"}, "BTC is there already: BTC. Change that one"),
        ({"symbol": ""}, "This field is required"),
        ({"name": "  "}, "This field is required"),
        ({"currency": "$"}, "“$” is not a currency. Use its code, such as USD"),
        ({"price_decimals": "11"}, "less than or equal to 10"),
        ({"price_decimals": "-1"}, "greater than or equal to 0"),
        ({"ticker_place": "first"}, "Enter a whole number"),
        ({"kind": "horse"}, "Select a valid choice"),
        ({"benchmark": "999999"}, "Select a valid choice"),
        ({"slug": "btc"}, "Another instrument has the page /markets/btc/"),
        ({"slug": "baskets"}, "/markets/baskets/ is where baskets are"),
        ({"slug": "a b"}, "Enter a valid “slug”"),
    ],
)
def test_an_instrument_that_cannot_be_is_refused_in_words(editor: Client, fields: dict[str, str], message: str) -> None:
    make_instrument("BTC")
    assert message in add(editor, "instruments", instrument_form(**fields))
    assert Instrument.objects.count() == 1


def test_an_instrument_is_never_its_own_benchmark(editor: Client) -> None:
    coin = make_instrument("BTC")
    assert "Select a valid choice" in edit(editor, "instruments", coin.pk, form_of(coin, benchmark=coin.pk))


def test_symbol_and_currency_stay_once_prices_lean_on_them(editor: Client) -> None:
    coin = make_instrument("BTC")
    assert "XBT" in edit(editor, "instruments", coin.pk, form_of(coin, symbol="XBT"))
    coin.refresh_from_db()
    price(coin)
    page = edit(editor, "instruments", coin.pk, form_of(coin, symbol="BTC", currency="EUR"))
    assert "The symbol XBT is used by prices and stays. Retire this instrument and add another one." in page
    assert "The currency USD is used by prices and stays." in page
    coin.refresh_from_db()
    assert (coin.symbol, coin.currency) == ("XBT", "USD")


def test_a_retired_instrument_keeps_its_page_and_leaves_board_ticker_and_feed(editor: Client, client: Client) -> None:
    coin = make_instrument("BTC", name="Bitcoin")
    price(coin)
    Candle.objects.create(instrument=coin, interval_s=3600, opens_at_s=0, open=1, high=1, low=1, close=1)
    edit(editor, "instruments", coin.pk, form_of(coin, is_active=None))
    coin.refresh_from_db()
    assert not coin.is_active
    assert queries.ticker(NOON) == []
    assert queries.roster() == []
    assert "Bitcoin" not in client.get("/markets/").content.decode()
    assert client.get("/api/v1/ticker").json()["items"] == []
    page = client.get("/markets/btc/").content.decode()
    assert "Bitcoin" in page
    assert "Retired" in page
    assert Candle.objects.exists()


def test_what_still_feeds_others_cannot_be_retired_and_says_whom(editor: Client) -> None:
    coin, other = make_instrument("BTC"), make_instrument("ETH")
    other.benchmark = coin
    other.save()
    basket = Basket.objects.create(slug="large", name="Large coins")
    BasketMember.objects.create(basket=basket, instrument=coin, weight=1, since=NOON.date())
    page = edit(editor, "instruments", coin.pk, form_of(coin, is_active=None))
    assert "BTC still feeds the basket Large coins, of which it is a member and ETH, whose benchmark it is." in page
    assert Instrument.objects.get(pk=coin.pk).is_active


@pytest.mark.parametrize("use", ["price", "candle", "story", "frozen price", "member", "benchmark"])
def test_an_instrument_in_use_cannot_be_deleted_and_says_by_what(publisher: Client, use: str) -> None:
    coin = make_instrument("BTC")
    words = lean_on(coin, use)
    for ask in (publisher.get, publisher.post):
        answer = ask(reverse("instruments:delete", args=[coin.pk]), follow=True)
        assert f"BTC cannot be deleted, as it is used by {words}. Retire it instead: untick Active" in shown(answer)
    assert Instrument.objects.filter(pk=coin.pk).exists()


def lean_on(coin: Instrument, use: str) -> str:
    if use == "price":
        price(coin)
        return "prices"
    if use == "candle":
        Candle.objects.create(instrument=coin, interval_s=3600, opens_at_s=0, open=1, high=1, low=1, close=1)
        return "prices"
    if use == "story":
        story = make_story()
        story.instruments = [coin]
        story.save()
        return "1 story"
    if use == "frozen price":
        make_story().publication_prices.create(instrument=coin, price=1, at=NOON)
        return "1 publication price"
    if use == "member":
        basket = Basket.objects.create(slug="large", name="Large coins")
        BasketMember.objects.create(basket=basket, instrument=coin, weight=1, since=NOON.date())
        return "1 basket"
    make_instrument("ETH", benchmark=coin)
    return "1 benchmark"


def test_an_instrument_that_nothing_uses_is_deleted_by_publishers_only(editor: Client, publisher: Client) -> None:
    coin = make_instrument("OOPS")
    editor.post(reverse("instruments:delete", args=[coin.pk]))
    assert Instrument.objects.filter(pk=coin.pk).exists()
    publisher.post(reverse("instruments:delete", args=[coin.pk]))
    assert not Instrument.objects.filter(pk=coin.pk).exists()


@pytest.mark.parametrize("address", ["instruments:index", "instruments:add", "baskets:index", "baskets:add"])
def test_authors_and_visitors_are_kept_out(address: str, client: Client) -> None:
    author = signed_in("Authors")
    assert author.get(reverse(address)).status_code == 302
    assert "/desk/markets/" not in shown(author.get("/desk/"))
    assert client.get(reverse(address)).url.startswith("/desk/login/")
    author.post(reverse("instruments:add"), instrument_form())
    assert not Instrument.objects.exists()


def test_an_editor_puts_a_basket_together(editor: Client, client: Client) -> None:
    coin, other = make_instrument("BTC"), make_instrument("ETH")
    add(editor, "baskets", basket_form(member(coin, "55"), member(other, "25.5", until="2026-06-01")))
    basket = Basket.objects.get()
    found = [(each.instrument.symbol, float(each.weight), str(each.until)) for each in basket.members.all()]
    assert sorted(found) == [("BTC", 55.0, "None"), ("ETH", 25.5, "2026-06-01")]
    assert client.get("/markets/baskets/large-coins/").status_code == 200


def test_a_member_may_leave_and_come_back_the_same_day(editor: Client) -> None:
    coin = make_instrument("BTC")
    members = [member(coin, "1", since="2026-01-01", until="2026-02-01"), member(coin, "2", since="2026-02-01")]
    add(editor, "baskets", basket_form(*members))
    assert BasketMember.objects.count() == 2


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([{"weight": "0"}], "The weight of BTC is 0. Give more than 0"),
        ([{"weight": "-2"}], "The weight of BTC is -2. Give more than 0"),
        ([{"weight": "a lot"}], "Enter a number"),
        ([{"weight": "NaN"}], "Enter a number"),
        ([{"weight": "1e9"}], "no more than"),
        ([{"until": "2025-12-31"}], "BTC ends on 31 December 2025, not after 1 January 2026, its first day."),
        ([{"until": "2026-01-01"}], "BTC ends on 1 January 2026, not after 1 January 2026"),
        ([{"since": "soon"}], "Enter a valid date"),
        ([{"since": ""}], "This field is required"),
        ([{"instrument": 999_999}], "Select a valid choice"),
        ([{}, {"since": "2026-03-01"}], "BTC is a member from 1 January 2026 without an end already."),
        (
            [{"until": "2026-03-02"}, {"since": "2026-03-01"}],
            "until 2 March 2026 already. End that membership by 1 March",
        ),
        ([], "at least 1"),
    ],
)
def test_members_that_cannot_be_are_refused_in_words(
    editor: Client, members: list[dict[str, Any]], message: str
) -> None:
    coin = make_instrument("BTC")
    page = add(editor, "baskets", basket_form(*(member(coin) | fields for fields in members)))
    assert message in page
    assert not Basket.objects.exists()


def test_a_retired_instrument_joins_no_basket_and_may_stay_in_the_past(editor: Client) -> None:
    coin = make_instrument("BTC", is_active=False)
    assert "BTC is retired and gets no prices. Give its membership an end" in add(
        editor, "baskets", basket_form(member(coin))
    )
    add(editor, "baskets", basket_form(member(coin, until="2026-02-01")))
    assert Basket.objects.count() == 1


def test_a_basket_that_stories_name_cannot_be_deleted(publisher: Client) -> None:
    basket = Basket.objects.create(slug="large", name="Large coins")
    story = make_story()
    story.baskets = [basket]
    story.save()
    page = shown(publisher.post(reverse("baskets:delete", args=[basket.pk]), follow=True))
    assert (
        "Large coins cannot be deleted, as it is used by 1 story. Retire it instead: give each of its members" in page
    )
    story.delete()
    publisher.post(reverse("baskets:delete", args=[basket.pk]))
    assert not Basket.objects.exists()


def test_the_history_tells_who_changed_what(editor: Client) -> None:
    coin, other = make_instrument("BTC"), make_instrument("ETH")
    add(editor, "baskets", basket_form(member(coin, "55")))
    basket, held = Basket.objects.get(), BasketMember.objects.get()
    kept = member(coin, "60", until="2026-05-01", id=held.pk)
    edit(editor, "baskets", basket.pk, basket_form(kept, member(other, "40"), initial=1, benchmark=coin.pk))
    edit(editor, "instruments", coin.pk, form_of(coin, name="Bitcoin", ticker_place="1"))
    history = shown(editor.get(reverse("baskets:history", args=[basket.pk])))
    assert "benchmark: nothing → BTC" in history
    assert "BTC: weight: 55 → 60, until: nothing → 2026-05-01" in history
    assert "added ETH, weight 40, from 2026-01-01" in history
    assert "editors" in history
    assert "Edited: name: BTC → Bitcoin" in shown(editor.get(reverse("instruments:history", args=[coin.pk])))


def test_a_member_that_is_taken_out_is_told_in_the_history(editor: Client) -> None:
    coin, other = make_instrument("BTC"), make_instrument("ETH")
    add(editor, "baskets", basket_form(member(coin, "55"), member(other)))
    basket = Basket.objects.get()
    rows = [
        member(each.instrument, str(each.weight), id=each.pk, DELETE="1" if each.instrument == other else "")
        for each in basket.members.all()
    ]
    edit(editor, "baskets", basket.pk, basket_form(*rows, initial=2))
    assert [each.instrument for each in BasketMember.objects.all()] == [coin]
    assert "took out ETH, weight 1" in shown(editor.get(reverse("baskets:history", args=[basket.pk])))


def test_new_stories_name_active_instruments_and_old_ones_keep_theirs(editor: Client) -> None:
    kept, gone = make_instrument("BTC"), make_instrument("OLD", name="Old coin", is_active=False)
    story = make_story(standfirst="It is told.")
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    box = 'name="instruments" value="{}"'
    assert box.format(kept.pk) in shown(editor.get(address))
    assert box.format(gone.pk) not in shown(editor.get(address))
    story.instruments = [gone]
    story.save_revision().publish()
    assert box.format(gone.pk) in shown(editor.get(address))


def test_newsrooms_that_were_set_up_earlier_get_the_rights_once(db: None) -> None:
    set_up_newsroom()
    for group in Group.objects.all():
        group.permissions.remove(*group.permissions.filter(content_type__app_label="markets"))
    grant = import_module("touchstone.markets.migrations.0005_desk_rights").grant
    for _ in range(2):
        grant(apps, SimpleNamespace(connection=connection))
    rights = {
        name: Group.objects.get(name=name).permissions.filter(content_type__app_label="markets") for name in GROUPS
    }
    assert {name: sorted(found.values_list("codename", flat=True)) for name, found in rights.items()} == GROUPS


CHANGE = ["add_basket", "add_instrument", "change_basket", "change_instrument"]
GROUPS = {"Authors": [], "Editors": CHANGE, "Publishers": sorted([*CHANGE, "delete_basket", "delete_instrument"])}


def test_the_list_costs_the_same_number_of_queries_however_many_there_are(editor: Client) -> None:
    make_instrument("C0")
    editor.get(reverse("instruments:index"))
    few = queries_of(editor)
    for number in range(1, 30):
        make_instrument(f"C{number}")
    assert queries_of(editor) == few


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as caught:
        client.get(reverse("instruments:index"))
    return len(caught)
