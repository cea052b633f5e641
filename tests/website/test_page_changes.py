"""Whatever process an editor's change is made in, every web process is told of the page."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from tests.factories import make_section, make_story

from touchstone.markets.models import StreamMessage
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


def test_a_change_that_is_undone_is_not_announced() -> None:
    story = standing_story()
    with transaction.atomic():
        story.save_revision().publish()
        transaction.set_rollback(True)
    assert told() == []
