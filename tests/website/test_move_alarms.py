"""The worker watches prices around stories; editors check, and say what they found."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from tests.factories import NOON, make_story, make_user, make_votes
from tests.markets.makers import make_instrument

from touchstone.config.schedule import all_jobs
from touchstone.markets.actions import store_bars
from touchstone.markets.bars import Bar
from touchstone.markets.models import Instrument, Quote
from touchstone.markets.providers.simulated import Opening, SimulatedMarket
from touchstone.markets.queries.studies import forget_studies
from touchstone.readers.models import User
from touchstone.stories.models import AlarmEvent, MoveAlarm, PublicationPrice, StoryPage
from touchstone.trust.actions import record_resolution, sign_resolution, withdraw_resolution

pytestmark = pytest.mark.django_db
OUT = NOON - timedelta(minutes=20)
HISTORY = timedelta(hours=32)
FINDING = "Called the issuer: the filing is real."


@pytest.fixture(autouse=True)
def _fresh_studies() -> None:
    forget_studies()


def make_prices(
    symbol: str = "FET", *, moves: dict[datetime, float] | None = None, until: datetime = NOON
) -> Instrument:
    """An instrument with simulated minutes that jump by a fraction at given moments and stay there."""
    instrument = Instrument.objects.filter(symbol=symbol).first() or make_instrument(symbol)
    opening = Opening(symbol, Decimal(100), volatility=0.5)
    market = SimulatedMarket([opening], opened_at=NOON + timedelta(hours=12))
    bars = list(market.bars(symbol, interval_s=60, since=NOON - HISTORY, until=until))
    for moment, size in (moves or {}).items():
        bars = [bar if bar.opens_at_s < moment.timestamp() else scaled(bar, 1 + size) for bar in bars]
    store_bars(instrument, bars, interval_s=60, is_simulated=True)
    forget_studies()
    Quote.objects.update_or_create(
        instrument=instrument,
        defaults={"price": round(bars[-1].close, 6), "as_of": until, "source": "simulated", "is_simulated": True},
    )
    return instrument


def scaled(bar: Bar, factor: float) -> Bar:
    return Bar(bar.opens_at_s, bar.open * factor, bar.high * factor, bar.low * factor, bar.close * factor)


def make_named_story(
    instrument: Instrument, title: str = "Coin to be bought by a state", *, at: datetime = OUT
) -> StoryPage:
    story = make_story(title, at=at)
    PublicationPrice.objects.create(story=story, instrument=instrument, price=100, at=at, is_simulated=True)
    return story


def run_job(at: datetime = NOON) -> list[MoveAlarm]:
    (job,) = all_jobs()["alarms"]
    return job.run(at)  # type: ignore[return-value]


def sign_in(client: Client, group: str = "Editors") -> User:
    user = make_user(f"{group.lower()}-one", is_staff=False)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def dismiss(client: Client, alarm: MoveAlarm, finding: str = FINDING, **fields: object) -> str:
    data = {"finding": finding, "seen_pct": alarm.abnormal_pct, **fields}
    return client.post(f"/desk/alarms/{alarm.pk}/", data, follow=True).content.decode()


def test_a_jump_after_a_story_with_few_votes_raises_one_alarm_with_its_figures() -> None:
    story = make_named_story(make_prices(moves={OUT: 0.08}))
    make_votes(story, real=3)
    (alarm,) = run_job()
    assert 5 < alarm.low_pct < alarm.abnormal_pct < alarm.high_pct < 10
    assert (alarm.votes, alarm.is_simulated, alarm.is_open) == (3, True, True)
    assert "3 votes" in alarm.doubts
    assert "FET rose" in alarm.events.get().text


def test_running_again_raises_nothing_more() -> None:
    make_named_story(make_prices(moves={OUT: 0.08}))
    assert len(run_job()) == 1
    assert run_job() == []
    assert run_job(NOON + timedelta(seconds=30)) == []
    assert MoveAlarm.objects.count() == AlarmEvent.objects.count() == 1


def test_noise_a_small_move_and_a_story_without_prices_raise_nothing() -> None:
    make_named_story(make_prices("FET"))
    make_named_story(make_prices("BTC", moves={OUT: 0.02}), "Small move")
    make_named_story(make_instrument("ETH"), "No prices")
    assert run_job() == []


def test_a_story_that_many_readers_vouch_for_raises_nothing() -> None:
    story = make_named_story(make_prices(moves={OUT: 0.08}))
    make_votes(story, real=60, fake=2)
    assert run_job() == []


def test_a_story_that_two_editors_have_settled_raises_nothing() -> None:
    story = make_named_story(make_prices(moves={NOON - timedelta(minutes=10): 0.2}))
    one, two = make_user("one"), make_user("two")
    found = record_resolution(story=story, outcome="confirmed", evidence="The filing.", signer=one, at=OUT)
    sign_resolution(resolution=found, signer=two, at=OUT)
    assert run_job() == []
    withdraw_resolution(resolution=found, at=NOON)
    assert len(run_job()) == 1


def test_a_contested_story_raises_an_alarm_however_many_votes_it_has() -> None:
    story = make_named_story(make_prices(moves={OUT: -0.08}))
    make_votes(story, real=15, fake=45)
    (alarm,) = run_job()
    assert alarm.doubts == "label “Contested”"
    assert "FET fell" in alarm.events.get().text


def test_a_move_in_the_hour_before_raises_an_alarm_too() -> None:
    make_named_story(make_prices(moves={OUT - timedelta(minutes=30): 0.08}))
    (alarm,) = run_job()
    assert alarm.came_before


def test_drafts_and_stories_older_than_a_day_are_not_watched() -> None:
    prices = make_prices(moves={OUT: 0.08})
    draft = make_named_story(prices, "Draft")
    StoryPage.objects.filter(pk=draft.pk).update(live=False)
    make_named_story(prices, "Old", at=NOON - timedelta(hours=25))
    assert run_job() == []


def test_zero_turns_the_watch_off(settings) -> None:
    settings.ALARM_MOVE_PCT = 0
    make_named_story(make_prices(moves={OUT: 0.08}))
    assert run_job() == []


def test_an_open_alarm_learns_that_readers_vouch_for_the_story_now() -> None:
    story = make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    make_votes(story, real=60, fake=2)
    run_job()
    alarm.refresh_from_db()
    assert (alarm.votes, alarm.doubts, alarm.label) == (62, "", "Verified")
    assert alarm.is_open


def test_editors_see_the_alarm_in_the_list_the_menu_on_the_first_page_and_on_the_story(client: Client) -> None:
    sign_in(client)
    story = make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    listed = client.get("/desk/alarms/").content.decode()
    assert "Coin to be bought by a state" in listed
    assert "Simulated prices" in listed
    assert "no votes" in listed
    first_page = client.get("/desk/").content.decode()
    assert "Alarms (1)" in first_page
    assert f"/desk/alarms/{alarm.pk}/" in first_page
    StoryPage.objects.get(pk=story.pk).save_revision()
    user = User.objects.get(username="editors-one")
    user.is_superuser = True
    user.save()
    assert f"/desk/alarms/{alarm.pk}/" in client.get(f"/desk/pages/{story.pk}/edit/").content.decode()


def test_without_alarms_the_desk_says_so_and_shows_no_count(client: Client) -> None:
    sign_in(client, "Publishers")
    assert "Nothing to check" in client.get("/desk/alarms/").content.decode()
    first_page = client.get("/desk/").content.decode()
    assert "Alarms (" not in first_page
    assert "Check these stories" not in first_page


def test_a_dismissal_keeps_who_when_and_why(client: Client) -> None:
    editor = sign_in(client)
    make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    page = dismiss(client, alarm)
    assert FINDING in page
    event = alarm.events.first()
    assert event is not None
    assert (event.kind, event.by, event.text) == ("dismissed", editor, FINDING)
    assert FINDING in client.get(f"/desk/alarms/{alarm.pk}/").content.decode()
    assert "Alarms (" not in client.get("/desk/").content.decode()


def test_a_dismissal_without_a_finding_is_refused_with_a_reason(client: Client) -> None:
    sign_in(client)
    make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    assert "This field is required" in dismiss(client, alarm, "   ")
    alarm.refresh_from_db()
    assert alarm.is_open


def test_a_second_dismissal_learns_who_was_faster(client: Client) -> None:
    sign_in(client)
    make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    dismiss(client, alarm)
    assert "editors-one dismissed this alarm on" in dismiss(client, alarm, "Me too.")
    assert AlarmEvent.objects.filter(kind="dismissed").count() == 1


def test_what_was_dismissed_stays_away_until_the_move_clearly_grows(client: Client) -> None:
    sign_in(client)
    story = make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    dismiss(client, alarm)
    assert run_job(NOON + timedelta(minutes=1)) == []
    later = NOON + timedelta(minutes=10)
    make_prices(moves={OUT: 0.08, NOON: 0.02}, until=later)
    assert run_job(later) == []
    make_prices(moves={OUT: 0.08, NOON: 0.06}, until=later)
    (again,) = run_job(later)
    assert again.pk == alarm.pk
    assert [event.kind for event in again.events.order_by("pk")] == ["raised", "dismissed", "raised_again"]
    assert story.move_alarms.count() == 1


def test_authors_and_visitors_do_not_get_in(client: Client) -> None:
    make_named_story(make_prices(moves={OUT: 0.08}))
    (alarm,) = run_job()
    for address in ("/desk/alarms/", f"/desk/alarms/{alarm.pk}/"):
        assert client.get(address).status_code == 302
    sign_in(client, "Authors")
    assert "/desk/alarms/" not in client.get("/desk/", follow=True).content.decode()
    assert "Coin to be bought" not in client.get("/desk/alarms/", follow=True).content.decode()
    assert FINDING not in dismiss(client, alarm)
    alarm.refresh_from_db()
    assert alarm.is_open


def test_mail_goes_to_those_who_asked_for_it_once(settings) -> None:
    settings.ALARM_MAIL = ["desk@news.test"]
    make_named_story(make_prices(moves={OUT: 0.08}), "Two\nlines")
    run_job()
    run_job()
    (letter,) = mail.outbox
    assert letter.to == ["desk@news.test"]
    assert "FET rose" in letter.body
    assert "simulated prices" in letter.body
    assert "/desk/alarms/" in letter.body


def test_an_alarm_stands_where_its_mail_cannot_be_sent(settings, monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise ConnectionRefusedError

    settings.ALARM_MAIL = ["desk@news.test"]
    monkeypatch.setattr("touchstone.website.actions.send_mail", fail)
    make_named_story(make_prices(moves={OUT: 0.08}))
    assert len(run_job()) == 1
    assert "could not be sent" in caplog.text


def test_monitors_see_how_many_alarms_are_open(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "x" * 20
    make_named_story(make_prices(moves={OUT: 0.08}))
    run_job()
    figures = client.get("/metrics", headers={"Authorization": f"Bearer {'x' * 20}"}).content.decode()
    assert "touchstone_move_alarms_open 1.0" in figures
