"""Published figures follow the votes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.factories import NOON, make_story, make_votes

from touchstone.trust.actions import fits, publish_changed, run_due_fit
from touchstone.trust.models import Snapshot
from touchstone.trust.queries import dashboard, figures_of, trend_of

pytestmark = pytest.mark.django_db


def test_a_story_is_published_once_per_change_of_its_votes() -> None:
    story = make_story()
    make_votes(story, real=15, fake=1)
    assert len(publish_changed(at=NOON).published) == 1
    assert publish_changed(at=NOON + timedelta(seconds=2)).published == []
    make_votes(story, real=16, fake=1)
    assert len(publish_changed(at=NOON + timedelta(seconds=4)).published) == 1
    assert [point.votes for point in trend_of(story.pk)] == [16, 17]


def test_snapshot_holds_the_figures_that_readers_saw() -> None:
    story = make_story()
    make_votes(story, real=8, fake=2)
    publish_changed(at=NOON)
    snapshot, figures = Snapshot.objects.get(), figures_of(story.pk)
    assert (snapshot.index, snapshot.low, snapshot.high) == (figures.index, figures.low, figures.high)
    assert snapshot.label == "likely_real"


def test_per_cent_of_real_and_fake_add_up_to_a_hundred() -> None:
    story = make_story()
    make_votes(story, real=15, fake=1)
    figures = figures_of(story.pk)
    assert (figures.real_pct, figures.fake_pct, figures.label_text) == (94, 6, "Verified")


def test_gathering_votes_says_how_many_there_are() -> None:
    story = make_story()
    make_votes(story, real=6, fake=1)
    assert figures_of(story.pk).label_text == "Gathering votes: 7 of 10"


def test_a_fit_knows_when_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    make_votes(make_story(), real=3)
    began_and_ended_s = iter((100.0, 103.5))
    monkeypatch.setattr(fits, "monotonic", lambda: next(began_and_ended_s))
    fit = run_due_fit(at=NOON)
    assert fit is not None
    assert (fit.started_at, fit.ended_at) == (NOON, NOON + timedelta(seconds=3.5))


def test_dashboard_takes_few_queries_however_many_stories(django_assert_max_num_queries: object) -> None:
    for number in range(15):
        make_votes(make_story(f"Story {number}"), real=number + 1)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert dashboard(NOON).stories_total == 15
