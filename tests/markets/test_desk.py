"""Editors see at the desk how the price feed is doing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from tests.factories import make_user
from tests.markets.makers import make_instrument

from touchstone.markets.actions import open_gap, report_source
from touchstone.markets.models import PriceSource
from touchstone.markets.queries import feed_health

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def sign_in(client: Client, group: str) -> None:
    user = make_user(group.lower(), is_staff=False)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def report(name: str = "kraken", *, at: datetime = NOW, **facts: object) -> None:
    known = {
        "is_simulated": False,
        "is_connected": True,
        "last_tick_at": at,
        "accepted": 5,
        "refused": {},
        "trouble": "",
    }
    report_source(name, at=at, **{**known, **facts})  # type: ignore[arg-type]


def state_of(name: str, at: datetime) -> str:
    return next(each.state for each in feed_health(at).sources if each.source.name == name)


def test_the_page_tells_each_sources_state_and_why_ticks_were_refused(client: Client) -> None:
    sign_in(client, "Editors")
    report(refused={"jump": (7, "BTC 586337700 at noon")}, trouble="ExchangeError: <b>busy</b>")
    open_gap(make_instrument("ETH"), at=NOW)
    page = client.get("/desk/prices/").content.decode()
    assert "kraken" in page
    assert "too far from the price believed before" in page
    assert "BTC 586337700 at noon" in page
    assert "&lt;b&gt;busy" in page
    assert "ETH" in page


def test_before_the_first_report_the_page_says_how_to_start_the_feed(client: Client) -> None:
    sign_in(client, "Publishers")
    assert "No feed has reported yet" in client.get("/desk/prices/").content.decode()


def test_authors_neither_see_the_page_nor_its_menu_item(client: Client) -> None:
    sign_in(client, "Authors")
    report()
    assert "kraken" not in client.get("/desk/prices/", follow=True).content.decode()
    assert "/desk/prices/" not in client.get("/desk/", follow=True).content.decode()


def test_visitors_are_sent_to_sign_in(client: Client) -> None:
    assert client.get("/desk/prices/").status_code == 302


def test_a_source_is_good_silent_away_or_not_running() -> None:
    report("good")
    report("silent", last_tick_at=NOW - timedelta(seconds=60))
    report("away", is_connected=False)
    report("stopped", at=NOW - timedelta(seconds=60))
    found = [state_of(name, NOW) for name in ("good", "silent", "away", "stopped")]
    assert found == ["good", "silent", "away", "not running"]


def test_the_figures_cost_five_queries(django_assert_num_queries) -> None:
    for number in range(4):
        report(f"source {number}", refused={"stale": (1, "x"), "jump": (2, "y")})
    assert PriceSource.objects.count() == 4
    with django_assert_num_queries(5):
        assert [each.refused_total for each in feed_health(NOW).sources] == [3, 3, 3, 3]
