"""Editors see whether prices move before the newsroom's stories or after, and how sure that is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from tests.factories import make_story, make_user
from tests.markets.makers import make_instrument

from touchstone.markets.actions import store_bars
from touchstone.markets.bars import Bar
from touchstone.markets.models import Instrument
from touchstone.stories.models import PublicationPrice
from touchstone.website.dots import dot_plot
from touchstone.website.queries.leads import forget_reports

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/reports/lead-or-follow/"
HOUR = timedelta(hours=1)
DAYS = 90


@pytest.fixture(autouse=True)
def _fresh_reports() -> None:
    forget_reports()


def sign_in(client: Client, group: str = "Editors") -> None:
    user = make_user(group.lower(), is_staff=False)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


def now() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def make_newsroom(
    *, stories: int = 14, every: timedelta = timedelta(days=3), shift: timedelta | None = None, gap: bool = False
) -> Instrument:
    """Stories of the past weeks about one instrument; with a shift, its price jumps so long after each of them."""
    instrument = make_instrument("FET")
    start = now() - timedelta(days=DAYS)
    returns = np.random.default_rng(11).normal(0, 0.004, DAYS * 24)
    moments = [now() - timedelta(days=2) - every * number + timedelta(minutes=20) for number in range(stories)]
    for number, moment in enumerate(moments):
        story = make_story(f"Story {number}" if number else "=1+1 is a headline", at=moment)
        PublicationPrice.objects.create(story=story, instrument=instrument, price=100, at=moment, is_simulated=True)
        if shift is not None:
            returns[int((moment + shift - start) / HOUR)] += 0.15 * (-1) ** number
    prices = 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    bars = [
        Bar(int(start.timestamp()) + 3600 * place, a, max(a, b), min(a, b), b)
        for place, (a, b) in enumerate(zip(prices[:-1].tolist(), prices[1:].tolist(), strict=True))
    ]
    if gap:
        cut = moments[0].timestamp()
        bars = [bar for bar in bars if not cut < bar.opens_at_s < cut + 8 * 3600]
    store_bars(instrument, bars, interval_s=3600, is_simulated=True)
    return instrument


def read(client: Client) -> str:
    return client.get(f"{ADDRESS}?scale=day").content.decode()


def test_noise_is_called_noise_with_all_tests_and_their_corrections(client: Client) -> None:
    sign_in(client)
    make_newsroom()
    page = read(client)
    assert "Not distinguishable from noise" in page
    for words in ("Patell", "Boehmer, Musumeci and Poulsen", "Corrado", "Holm", "Simulated prices", "no advice"):
        assert words in page
    assert "14 stories with 14 named prices in 14 stretches of 2 days" in page
    assert page.count("<circle") == 2 * 14 + 2


@pytest.mark.parametrize(
    ("shift", "words"), [(timedelta(hours=3), "Our stories lead"), (timedelta(hours=-6), "Our stories follow")]
)
def test_moves_either_way_after_or_before_stories_decide_the_verdict(
    client: Client, shift: timedelta, words: str
) -> None:
    sign_in(client)
    make_newsroom(shift=shift)
    assert words in read(client)


def test_few_stories_say_nothing_but_are_listed(client: Client) -> None:
    sign_in(client, "Publishers")
    make_newsroom(stories=4)
    page = read(client)
    assert "Too few stories to say: 4 named prices in 4 stretches of 2 days, at least 10 in 6 are needed." in page
    assert "Story 3" in page
    assert "<circle" not in page


def test_an_empty_newsroom_says_so(client: Client) -> None:
    sign_in(client)
    assert "Too few stories to say: 0 named prices in 0 days" in client.get(ADDRESS).content.decode()


def test_a_story_with_a_hole_in_its_prices_is_left_out_and_counted(client: Client) -> None:
    sign_in(client)
    make_newsroom(gap=True)
    page = read(client)
    assert "1 left out" in page
    assert "13 stories" in page


def test_a_story_whose_day_is_not_over_waits(client: Client) -> None:
    sign_in(client)
    instrument = make_newsroom(stories=2)
    story = make_story("Just out", at=now() - 5 * HOUR)
    PublicationPrice.objects.create(story=story, instrument=instrument, price=100, at=now() - 5 * HOUR)
    assert "Just out" not in read(client)


def test_the_table_is_downloaded_whole_and_harmless(client: Client) -> None:
    sign_in(client)
    make_newsroom()
    answer = client.get("/desk/reports/lead-or-follow.csv?scale=day")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="lead-or-follow-day.csv"' in answer["Content-Disposition"]
    names, *rows = csv.reader(io.StringIO(answer.content.decode()))
    assert names[:4] == ["story", "headline", "instrument", "published_at"]
    assert len(rows) == 14
    assert rows[0][1] == "'=1+1 is a headline"
    assert all(math_is_plain(row[4]) and 0 <= float(row[5]) <= 1 for row in rows)


def math_is_plain(text: str) -> bool:
    return abs(float(text)) < 20


def test_an_unknown_scale_is_not_found(client: Client) -> None:
    sign_in(client)
    assert client.get(f"{ADDRESS}?scale=minutes").status_code == 404


def test_only_editors_and_publishers_get_in(client: Client) -> None:
    make_newsroom(stories=1)
    assert client.get(ADDRESS).status_code == 302
    sign_in(client, "Authors")
    assert "headline" not in client.get(f"{ADDRESS}?scale=day", follow=True).content.decode()
    assert b"FET" not in client.get("/desk/reports/lead-or-follow.csv?scale=day", follow=True).content
    assert ADDRESS not in client.get("/desk/", follow=True).content.decode()


def test_its_queries_do_not_grow_with_the_stories(client: Client, django_assert_max_num_queries) -> None:
    sign_in(client)
    make_newsroom(stories=20)
    with django_assert_max_num_queries(30):
        read(client)


def test_dots_that_would_cover_each_other_stand_side_by_side_in_their_row() -> None:
    plot = dot_plot([([1.0] * 40, (1.0, 0.5, 1.5)), ([-2.0], (-2.0, -3.0, -1.0))])
    first, second = plot.rows
    assert len({dot.y for dot in first.dots}) == 40
    assert max(abs(dot.y) for dot in first.dots) <= 42
    assert second.dots[0].x == second.mean
    assert [mark for mark, _ in plot.marks] == [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]


def test_a_plot_of_nothing_but_zeros_is_drawn() -> None:
    plot = dot_plot([([0.0], (0.0, 0.0, 0.0))])
    assert plot.rows[0].mean == "50.00%"
