"""What readers have earned reaches the figures that the site publishes, and the log that recomputes them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from tests.factories import NOON, make_reader, make_story, make_user, make_votes

from touchstone.cli.rescoring import score_row
from touchstone.engine import weigh_record
from touchstone.ledger.models import PendingEntry
from touchstone.readers.actions import ensure_reader
from touchstone.readers.models import Reader
from touchstone.stories.models import StoryPage
from touchstone.transparency import published_figures
from touchstone.trust.actions import (
    appoint_anchor,
    dismiss_anchor,
    publish_changed,
    record_resolution,
    request_fit,
    run_due_fit,
    sign_resolution,
)
from touchstone.trust.errors import NotAppointed
from touchstone.trust.models import AnchorMember, Snapshot
from touchstone.trust.queries import PublishedTrust, figures_of, most_doubted
from touchstone.votes.actions import cast_vote, erase_reader, recount
from touchstone.votes.ballots import Choice
from touchstone.votes.booth.figures import figures_json
from touchstone.votes.models import Electorate, Tally, Vote

pytestmark = pytest.mark.django_db


def cast(reader: Reader, story: StoryPage, choice: str | None, at: datetime = NOON) -> None:
    """A vote through the booth's counter."""
    cast_vote(reader=reader.pk, story=story.pk, choice=choice, at=at)  # type: ignore[arg-type]


def fit(at: datetime = NOON) -> None:
    """A full fit, and the publication that follows it."""
    request_fit(at=at)
    done = run_due_fit(at=at)
    assert done is not None
    assert (done.state, done.problem) == ("done", "")
    publish_changed(at=at)


def make_settled(count: int) -> list[Reader]:
    """Readers who voted on three stories weeks ago, far apart, so that the site is mature and they are settled."""
    old = [make_story(f"Old {number}", at=NOON - timedelta(days=40)) for number in range(3)]
    readers = [make_reader() for _ in range(count)]
    for number, reader in enumerate(readers):
        for place, story in enumerate(old):
            moment = NOON - timedelta(days=30) + timedelta(hours=7 * number + 41 * place * (number % 5 + 1))
            cast(reader, story, "real" if (number + place) % 3 else "fake", min(moment, NOON - timedelta(days=9)))
    return readers


def seat(readers: list[Reader]) -> list[AnchorMember]:
    """Put these readers on the anchor panel."""
    by = make_user("publisher")
    return [
        appoint_anchor(reader=reader, name=f"Juror {number}", by=by, at=NOON) for number, reader in enumerate(readers)
    ]


def index_rows() -> list[dict[str, object]]:
    """All rows of index entries that wait for the log, in order."""
    entries = PendingEntry.objects.filter(kind="index").order_by("id")
    return [row for entry in entries for row in json.loads(bytes(entry.public_payload))["rows"]]


def disputed_story(jurors: list[Reader]) -> StoryPage:
    """A story that forty readers call real and the panel fake."""
    story = make_story("Disputed")
    make_votes(story, real=40, fake=2, at=NOON - timedelta(hours=1))
    for number, juror in enumerate(jurors):
        cast(juror, story, "fake", NOON - timedelta(minutes=50 - 6 * number))
    return story


def test_a_story_is_under_review_where_the_panel_contradicts_the_crowd() -> None:
    jurors = [make_reader() for _ in range(7)]
    story = disputed_story(jurors)
    publish_changed(at=NOON)
    assert figures_of(story.pk).label == "verified", "without a panel the open key decides alone"
    seat(jurors)
    fit(NOON + timedelta(minutes=1))
    trust = figures_of(story.pk)
    assert (trust.label, trust.review, trust.attack_price) == ("under_review", "keys_disagree", None)
    assert (trust.real, trust.fake) == (40, 9), "raw votes are never adjusted"
    assert [each.story.pk for each in most_doubted(limit=5)] == [story.pk]
    assert Snapshot.objects.filter(story=story).first().label == "under_review"  # type: ignore[union-attr]


def test_readers_see_why_a_story_is_under_review(client: Client) -> None:
    jurors = [make_reader() for _ in range(7)]
    story = disputed_story(jurors)
    seat(jurors)
    fit()
    page = client.get(story.url or "").content.decode()
    assert "Under review" in page
    assert "Readers with a proven record and all the others point to different sides" in page
    assert "Juror 3" in client.get("/trust/method/").content.decode()
    answer = client.get(f"/api/v1/stories/{story.pk}/trust").json()
    assert (answer["label"], answer["review"]) == ("under_review", "keys_disagree")


def test_a_panel_that_leaves_takes_its_weight_along() -> None:
    jurors = [make_reader() for _ in range(7)]
    story = disputed_story(jurors)
    for member in seat(jurors):
        dismiss_anchor(member=member, at=NOON + timedelta(minutes=1))
    fit(NOON + timedelta(minutes=2))
    assert figures_of(story.pk).label == "verified"
    assert not dismiss_anchor(member=AnchorMember.objects.all()[0], at=NOON)


def test_nobody_sits_twice_or_namelessly_on_the_panel() -> None:
    reader, by = make_reader(), make_user("publisher")
    appoint_anchor(reader=reader, name="Juror", by=by, at=NOON)
    with pytest.raises(NotAppointed, match="sits on it already"):
        appoint_anchor(reader=reader, name="Juror", by=by, at=NOON)
    with pytest.raises(NotAppointed, match="the panel is public"):
        appoint_anchor(reader=make_reader(), name="  ", by=by, at=NOON)


def test_every_published_row_follows_from_its_logged_basis() -> None:
    jurors = [make_reader() for _ in range(7)]
    disputed_story(jurors)
    seat(jurors)
    make_votes(make_story("Plain"), real=15, fake=1)
    publish_changed(at=NOON)
    fit(NOON + timedelta(minutes=1))
    rows = index_rows()
    assert any("basis" in row for row in rows)
    for row in rows:
        assert row["figures"] == published_figures(score_row(row))  # type: ignore[arg-type]
    parameters = [json.loads(bytes(entry.public_payload)) for entry in PendingEntry.objects.filter(kind="params")]
    assert "Juror 0, Juror 1" in json.dumps(parameters[-1])


def answered(reader: Reader, story: StoryPage, choice: str | None) -> PublishedTrust:
    """The page's figures after a vote, which must be those that the voter was told."""
    told = cast_vote(reader=reader.pk, story=story.pk, choice=choice, at=NOON)  # type: ignore[arg-type]
    shown, answer = figures_of(story.pk), json.loads(figures_json(story.pk, told.basis, told.last_vote_at_ms))
    for name in ("real", "fake", "index", "low", "high", "label", "review", "attack_price", "probability"):
        assert answer[name] == getattr(shown, name), name
    return shown


def test_a_vote_counts_at_once_by_what_its_reader_has_earned() -> None:
    readers = make_settled(56)
    seat(readers[:6])
    fit(NOON - timedelta(minutes=5))
    assert Electorate.objects.get().mature_ms is not None
    story = make_story("Fresh")
    answered(readers[10], story, "real")
    trust = answered(make_reader(), story, "fake")
    assert trust.effective_votes == 2.0, "one newcomer is heard beside one settled reader"
    trust = answered(make_reader(), story, "fake")
    assert (trust.effective_votes, trust.discounted) == (2.0, (("unproven", 1),))
    answered(readers[0], story, "real")
    assert Tally.objects.get(story=story).places == "[[0,0,1],[15,0,1],[16,2,0]]"
    answered(readers[0], story, "fake")
    assert Tally.objects.get(story=story).places == "[[0,0,1],[15,1,0],[16,2,0]]"
    answered(readers[0], story, None)
    assert Tally.objects.get(story=story).places == "[[0,0,1],[16,2,0]]"


def test_a_recount_finds_what_the_booth_kept() -> None:
    readers = make_settled(56)
    fit(NOON - timedelta(minutes=5))
    story = make_story("Fresh")
    for reader in [*readers[:9], make_reader(), make_reader()]:
        cast(reader, story, "real")
    before = Tally.objects.get(story=story)
    recount(story.pk)
    after = Tally.objects.get(story=story)
    assert (after.real, after.fake, after.places) == (before.real, before.fake, before.places)
    assert after.places == "[[0,0,9],[16,0,2]]"


def test_accounts_in_lockstep_count_as_one_and_the_page_says_so() -> None:
    readers = make_settled(56)
    bots = [make_reader() for _ in range(20)]
    for number in range(24):
        other, start = make_story(f"Other {number}"), NOON - timedelta(days=25, hours=-9 * number)
        for place, reader in enumerate(readers[number::7]):
            cast(reader, other, "fake" if place % 3 == 0 else "real", start + timedelta(hours=3 * place))
    pushed = [make_story(f"Pushed {number}") for number in range(8)]
    for number, story in enumerate(pushed):
        start = NOON - timedelta(days=20 - number)
        for place, reader in enumerate(readers[number::2]):
            cast(reader, story, "fake" if place % 3 == 0 else "real", start + timedelta(hours=2 * place))
        for place, bot in enumerate(bots):
            cast(bot, story, "fake", start + timedelta(hours=5 * number, seconds=7 * place))
    fit()
    assert Reader.objects.filter(in_lockstep=True, pk__in=[bot.pk for bot in bots]).count() == 20
    trust = figures_of(pushed[0].pk)
    assert ("lockstep", 19) in trust.discounted
    assert trust.fake == 30
    late = make_story("Late")
    cast(bots[0], late, "fake")
    assert Tally.objects.get(story=late).places == "[[-1,1,0]]", "held back until the next full fit"
    fit(NOON + timedelta(minutes=1))
    assert Vote.objects.get(story=late).place >= 0, "the group has one vote there"


def test_a_crowd_that_turns_a_label_puts_the_story_under_review() -> None:
    story = make_story("Turned")
    make_votes(story, real=18, fake=1)
    publish_changed(at=NOON)
    assert Tally.objects.get(story=story).held == 1
    for _ in range(80):
        cast(make_reader(), story, "fake", NOON + timedelta(minutes=1))
    publish_changed(at=NOON + timedelta(minutes=2))
    trust = figures_of(story.pk)
    assert (trust.label, trust.review) == ("under_review", "turned")
    assert Tally.objects.get(story=story).held == 1
    assert all(row["figures"] == published_figures(score_row(row)) for row in index_rows())  # type: ignore[arg-type]


def test_a_vote_cast_while_a_fit_ran_stays_where_the_booth_put_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from touchstone.trust.actions import fits

    jurors = [make_reader() for _ in range(7)]
    story = disputed_story(jurors)
    seat(jurors)
    run = fits._run_engine

    def run_and_vote(*args: object) -> object:
        found = run(*args)  # type: ignore[arg-type]
        cast(jurors[0], story, "real", NOON + timedelta(minutes=3))
        return found

    monkeypatch.setattr(fits, "_run_engine", run_and_vote)
    fit(NOON + timedelta(minutes=4))
    trust = figures_of(story.pk)
    assert (trust.real, trust.fake) == (41, 8)
    assert Vote.objects.get(story=story, reader=jurors[0]).place == 0


def test_an_erased_readers_place_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchstone.votes.actions.scrub_erased", lambda: None)  # a test's transaction is never on disk
    jurors = [make_reader() for _ in range(7)]
    story = disputed_story(jurors)
    seat(jurors)
    fit()
    assert Tally.objects.get(story=story).places == "[[0,2,40],[15,7,0]]"
    erase_reader(jurors[0], at=NOON + timedelta(minutes=1))
    assert Tally.objects.get(story=story).places == "[[0,2,40],[15,6,0]]"
    assert AnchorMember.objects.count() == 6


def test_publishers_choose_the_panel_at_the_desk_and_editors_do_not(client: Client) -> None:
    for username, group in (("pia", "Publishers"), ("edda", "Editors")):
        user = make_user(username, is_staff=False)
        user.groups.add(Group.objects.get_or_create(name=group)[0])
        user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    juror = make_user("juror")
    form = {"username": "juror", "name": "Jurate Petrauskaitė, Vilnius"}

    def sign_in(username: str) -> None:
        from touchstone.readers.models import User

        client.force_login(User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")

    sign_in("edda")
    client.post("/desk/trust/panel/new/", form)
    assert not AnchorMember.objects.exists()
    sign_in("pia")
    assert "no active account" in client.post("/desk/trust/panel/new/", {**form, "username": "nobody"}).content.decode()
    client.post("/desk/trust/panel/new/", form)
    member = AnchorMember.objects.get()
    assert (member.reader.user, member.name) == (juror, form["name"])
    assert "Jurate Petrauskaitė" in client.get("/desk/trust/").content.decode()
    assert "sits on it already" in client.post("/desk/trust/panel/new/", form).content.decode()
    client.post(f"/desk/trust/panel/{member.pk}/dismiss/")
    assert AnchorMember.objects.filter(left_at=None).count() == 0


def test_a_story_without_votes_has_figures_too() -> None:
    story = make_story()
    assert figures_of(story.pk).label == "gathering_votes"


def test_my_votes_shows_what_a_reader_has_earned_and_from_what(client: Client) -> None:
    voter, (one, two) = make_user("voter"), (make_user("one"), make_user("two"))
    reader = ensure_reader(voter, at=NOON - timedelta(days=60))
    for number in range(24):
        story = make_story(f"Settled {number}", at=NOON - timedelta(days=40))
        is_real = bool(number % 2)
        for place in range(6):
            side = "real" if place % 2 else "fake"
            cast(make_reader(), story, side, NOON - timedelta(days=39, hours=-place))
        choice: Choice = "real" if is_real else "fake"
        cast_vote(reader=reader.pk, story=story.pk, choice=choice, at=NOON - timedelta(days=38), door="account")
        outcome = "confirmed" if is_real else "debunked"
        resolution = record_resolution(story=story, outcome=outcome, evidence="Seen.", signer=one, at=NOON)
        sign_resolution(resolution=resolution, signer=two, at=NOON)
    fit(NOON + timedelta(minutes=1))
    reader.refresh_from_db()
    votes = Vote.objects.filter(reader=reader)
    assert reader.level == weigh_record([(vote.chance or 0.0, bool(vote.was_right)) for vote in votes]) > 0
    client.force_login(voter, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/account/votes/").content.decode()
    assert "24 votes right of 24" in page
    assert f"{reader.level} of 15" in page
    assert "right, as it turned out; " in page
