"""Pages hear of figures that something else than a vote has changed: a full fit, or a resolution."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from tests.factories import NOON, make_reader, make_story, make_user, make_votes

from touchstone.config.schedule import all_jobs
from touchstone.markets.models import StreamMessage
from touchstone.stories.models import StoryPage
from touchstone.trust.actions import appoint_anchor, record_resolution, request_fit, run_due_fit, sign_resolution
from touchstone.trust.models import Fit, Published
from touchstone.votes.actions import cast_vote

pytestmark = pytest.mark.django_db


def publish(minutes: int) -> None:
    """Run the worker's job as it stands in the schedule, so many minutes after noon."""
    (job,) = [job for job in all_jobs()["newsroom"] if job.name == "publish trust figures"]
    job.run(NOON + timedelta(minutes=minutes))


def heard() -> list[dict[str, object]]:
    """The trust figures that pages have been told of."""
    return [json.loads(message.data) for message in StreamMessage.objects.filter(event="trust")]


def make_disputed() -> StoryPage:
    """A story that a crowd calls real and seven readers fake, who are put on the panel."""
    story, by = make_story("Disputed"), make_user("publisher")
    make_votes(story, real=40, fake=2, at=NOON - timedelta(hours=1))
    for number in range(7):
        reader = make_reader()
        cast_vote(reader=reader.pk, story=story.pk, choice="fake", at=NOON - timedelta(minutes=50 - 6 * number))
        appoint_anchor(reader=reader, name=f"Juror {number}", by=by, at=NOON)
    return story


def test_open_and_ready_pages_hear_that_a_fit_put_a_story_under_review() -> None:
    story = make_disputed()
    publish(0)
    assert heard() == [], "whoever votes is told by the booth, not by the worker"
    request_fit(at=NOON)
    run_due_fit(at=NOON)
    publish(1)
    (told,) = heard()
    assert (told["story"], told["label"], told["review"]) == (story.pk, "under_review", "keys_disagree")
    assert told["path"] == urlsplit(story.full_url).path
    publish(2)
    assert len(heard()) == 1, "once is enough"


def test_pages_of_a_story_are_made_anew_when_it_is_settled() -> None:
    story = make_story("Settled")
    make_votes(story, real=15, fake=1)
    publish(0)
    one, two = make_user("one"), make_user("two")
    found = record_resolution(story=story, outcome="confirmed", evidence="The filing.", signer=one, at=NOON)
    publish(1)
    assert heard() == []
    sign_resolution(resolution=found, signer=two, at=NOON)
    publish(2)
    assert [told["story"] for told in heard()] == [story.pk]


def test_a_fit_that_was_cut_off_with_its_worker_does_not_seem_to_run_for_ever() -> None:
    make_votes(make_story(), real=5)
    cut_off = request_fit(at=NOON - timedelta(hours=2))
    Fit.objects.filter(pk=cut_off.pk).update(state=Fit.State.RUNNING)
    done = run_due_fit(at=NOON)
    cut_off.refresh_from_db()
    assert (done and done.state, cut_off.state) == ("done", "failed")
    assert "starts afresh" in cut_off.problem


def test_no_story_waits_however_many_others_are_voted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchstone.trust.actions.snapshots.STORIES_PER_TURN", 2)
    stories = [make_story(f"Busy {number}") for number in range(5)]
    for story in stories:
        make_votes(story, real=12)
    publish(0)
    assert set(Published.objects.values_list("story_id", flat=True)) == {story.pk for story in stories}
    Published.objects.update(is_stale=True)
    publish(1)
    assert {told["story"] for told in heard()} == {story.pk for story in stories}
