"""Editors correct stories in public, and two of them stand behind a market-moving flag."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from tests.stories.conftest import make_image
from tests.stories.desk_forms import BODY, correction_form
from tests.stories.test_desk import messages_of, write

from touchstone.readers.models import User
from touchstone.stories import queries
from touchstone.stories.models import Correction, MarketMovingFlag, SectionPage, StoryPage

pytestmark = pytest.mark.django_db
MENDED = [("paragraph", "<p>The coin rose by 2 per cent on Tuesday.</p>")]


@pytest.fixture
def story(editor: Client, newsroom: SectionPage) -> StoryPage:
    """A published story that says 3 per cent."""
    write(editor, newsroom, "action-publish")
    return StoryPage.objects.get()


def correct(client: Client, story: StoryPage, correction: str, body: list[tuple[str, Any]], **form: Any) -> Any:
    address = reverse("stories_correct", args=[story.pk])
    return client.post(address, correction_form(correction=correction, body=body, **form), follow=True)


def test_a_correction_shows_what_was_wrong_and_what_changed(editor: Client, story: StoryPage) -> None:
    answer = correct(editor, story, "It was 2 per cent, not 3.", MENDED)
    (found,) = queries.corrections_of(story)
    new, old = queries.versions_of(story)
    changed = [line for line in queries.diff_versions(old, new).lines if line.kind == "changed"]
    assert "is corrected and published" in messages_of(answer)
    assert (found.text, found.version, found.editor.username) == ("It was 2 per cent, not 3.", new, "edda")
    assert [(span.kind, span.text) for span in changed[0].spans if span.kind != "same"] == [
        ("removed", "3"),
        ("added", "2"),
    ]
    assert queries.recent_corrections() == [found]


def test_the_form_starts_from_the_published_wording(editor: Client, story: StoryPage) -> None:
    page = editor.get(reverse("stories_correct", args=[story.pk]))
    assert page.status_code == 200
    assert page.context["form"].initial["title"] == "Coin rises"
    assert "What was wrong" in page.content.decode()


def test_a_correction_that_changes_nothing_is_refused(editor: Client, story: StoryPage) -> None:
    answer = correct(editor, story, "Nothing.", BODY)
    assert "is the same as before" in answer.content.decode()
    assert len(queries.versions_of(story)) == 1


def test_a_correction_without_words_is_refused(editor: Client, story: StoryPage) -> None:
    answer = correct(editor, story, "", MENDED)
    assert "This field is required" in answer.content.decode()
    assert not Correction.objects.exists()


def test_a_correction_cannot_empty_the_story(editor: Client, story: StoryPage) -> None:
    answer = correct(editor, story, "All of it.", [])
    assert "The body has no text" in answer.content.decode()
    assert len(queries.versions_of(story)) == 1


def test_a_correction_is_refused_while_something_else_is_missing(editor: Client, story: StoryPage) -> None:
    StoryPage.objects.filter(pk=story.pk).update(lead_image=make_image(credit=""))
    answer = correct(editor, story, "Wrong.", MENDED)
    assert "has no credit" in messages_of(answer)
    assert not Correction.objects.exists()
    assert len(queries.versions_of(story)) == 1


def test_an_author_cannot_correct(author: Client, story: StoryPage) -> None:
    correct(author, story, "Mine.", MENDED)
    assert not Correction.objects.exists()


def test_nobody_corrects_without_signing_in(client: Client, story: StoryPage) -> None:
    answer = correct(client, story, "Hello.", MENDED)
    assert answer.redirect_chain[0][0].startswith("/desk/login/")
    assert not Correction.objects.exists()


def test_a_draft_cannot_be_corrected(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom)
    answer = editor.get(reverse("stories_correct", args=[StoryPage.objects.get().pk]), follow=True)
    assert "Edit the draft instead" in messages_of(answer)


def test_a_story_that_is_not_there_cannot_be_corrected(editor: Client) -> None:
    assert editor.get(reverse("stories_correct", args=[99_999])).status_code == 404


def test_pending_changes_are_named_before_a_correction(editor: Client, story: StoryPage) -> None:
    story.title = "Draft headline"
    story.save_revision()
    answer = editor.get(reverse("stories_correct", args=[story.pk]))
    assert "unpublished changes" in messages_of(answer)
    assert answer.context["form"].initial["title"] == "Coin rises"


def flag(client: Client, story: StoryPage, verb: str) -> str:
    return messages_of(client.post(reverse("stories_market_moving", args=[story.pk]), {"do": verb}, follow=True))


def test_the_market_moving_flag_shows_once_a_second_editor_confirms_it(
    editor: Client, second_editor: Client, story: StoryPage
) -> None:
    flag(editor, story, "raise")
    assert not queries.story_by_id(story.pk).is_market_moving
    assert "Ask another editor" in flag(editor, story, "confirm")
    assert not queries.story_by_id(story.pk).is_market_moving
    flag(second_editor, story, "confirm")
    assert queries.story_by_id(story.pk).is_market_moving
    flag(editor, story, "lower")
    assert not queries.story_by_id(story.pk).is_market_moving


def test_flag_steps_out_of_order_are_refused(editor: Client, author: Client, story: StoryPage) -> None:
    assert "Raise it first" in flag(editor, story, "confirm")
    assert "Raise it first" in flag(editor, story, "lower")
    assert "is no step" in flag(editor, story, "explode")
    flag(author, story, "raise")
    assert not MarketMovingFlag.objects.exists()


def test_raising_twice_keeps_the_first_editor(editor: Client, second_editor: Client, story: StoryPage) -> None:
    flag(editor, story, "raise")
    flag(second_editor, story, "raise")
    assert MarketMovingFlag.objects.get().raised_by.username == "edda"
    assert "Confirm the flag" in second_editor.get(reverse("stories_market_moving", args=[story.pk])).content.decode()


def test_the_database_refuses_a_flag_confirmed_by_its_own_editor(story: StoryPage, editor: Client) -> None:
    user = User.objects.get(username="edda")
    now = story.last_published_at
    with pytest.raises(IntegrityError, match="market_moving_two_editors"):
        MarketMovingFlag.objects.create(story=story, raised_by=user, raised_at=now, confirmed_by=user, confirmed_at=now)


def test_the_history_tells_of_flags_and_corrections(editor: Client, second_editor: Client, story: StoryPage) -> None:
    flag(editor, story, "raise")
    correct(editor, story, "It was 2 per cent.", MENDED)
    page = editor.get(reverse("wagtailadmin_pages:history", args=[story.pk])).content.decode()
    assert "Raised the market-moving flag" in page
    assert "Corrected in public" in page
