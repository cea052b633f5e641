"""Whatever process an editor's change is made in, every web process is told of the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from tests.factories import make_section, make_story, make_user

from touchstone.markets.models import StreamMessage
from touchstone.readers.models import User
from touchstone.stories.actions import confirm_market_moving, lower_market_moving, raise_market_moving
from touchstone.stories.models import StoryPage

pytestmark = pytest.mark.django_db


def standing_story() -> StoryPage:
    story = make_story(standfirst="It happened.")
    StreamMessage.objects.all().delete()
    return story


def told() -> list[tuple[str, str]]:
    messages = [json.loads(row.data) for row in StreamMessage.objects.filter(event="page")]
    return [(each["change"], each["path"]) for each in messages]


def test_publishing_and_taking_down_are_announced() -> None:
    story = standing_story()
    story.save_revision().publish()
    assert told() == [("published", "/technology/a-story/")]
    story.refresh_from_db()
    story.unpublish()
    assert told()[-1] == ("withdrawn", "/technology/a-story/")


def test_a_new_address_withdraws_the_old_one(django_capture_on_commit_callbacks: Any) -> None:
    story = standing_story()
    story.slug = "another-address"
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    assert ("withdrawn", "/technology/a-story/") in told()
    assert ("published", "/technology/another-address/") in told()


def test_a_move_forgets_every_page() -> None:
    story = standing_story()
    story.move(make_section("Markets"), pos="last-child")
    assert ("withdrawn", "/") in told()
    assert ("published", "/markets/a-story/") in told()


def test_a_deleted_page_is_withdrawn() -> None:
    standing_story().delete()
    assert set(told()) == {("withdrawn", "/technology/a-story/")}


def test_a_market_moving_flag_is_announced_when_it_is_confirmed_and_when_it_goes() -> None:
    story, at = standing_story(), datetime.now(UTC)
    raise_market_moving(story=story, editor=make_user("edda"), at=at)
    assert told() == []
    confirm_market_moving(story=story, editor=make_user("otto"), at=at)
    assert told() == [("published", "/technology/a-story/")]
    lower_market_moving(story=story, editor=User.objects.get(username="edda"))
    assert told() == [("published", "/technology/a-story/")] * 2


def test_a_deleted_page_with_a_flag_is_withdrawn_last() -> None:
    story, at = standing_story(), datetime.now(UTC)
    raise_market_moving(story=story, editor=make_user("edda"), at=at)
    confirm_market_moving(story=story, editor=make_user("otto"), at=at)
    StoryPage.objects.get(pk=story.pk).delete()
    assert told()[-1] == ("withdrawn", "/technology/a-story/")


def test_a_change_that_is_undone_is_not_announced() -> None:
    story = standing_story()
    with transaction.atomic():
        story.save_revision().publish()
        transaction.set_rollback(True)
    assert told() == []
