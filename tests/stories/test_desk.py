"""Editors write, submit, approve, schedule and publish at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.factories import make_author
from tests.stories.conftest import make_image
from tests.stories.desk_forms import questions, story_form
from wagtail.models import Revision, TaskState
from wagtail.test.utils.form_data import inline_formset

from touchstone.markets.models import Instrument, Quote
from touchstone.stories import actions, queries
from touchstone.stories.models import SectionPage, StoryPage

pytestmark = pytest.mark.django_db


def write(client: Client, section: SectionPage, action: str = "", **form: Any) -> Any:
    """Send the form of a new story with one of its buttons; the answer after the redirect."""
    address = reverse("wagtailadmin_pages:add", args=["stories", "storypage", section.pk])
    return client.post(address, {**story_form(**form), **({action: "1"} if action else {})}, follow=True)


def edit(client: Client, story: StoryPage, action: str = "", **form: Any) -> Any:
    """Send the form of a story that is there."""
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    form = {"slug": story.slug, "bylines": bylines(story), **form}
    return client.post(address, {**story_form(**form), **({action: "1"} if action else {})}, follow=True)


def bylines(story: StoryPage) -> dict[str, Any]:
    saved = story.get_latest_revision_as_object().bylines.all()
    return inline_formset([{"id": one.pk or "", "author": one.author_id} for one in saved], initial=len(saved))


def messages_of(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_an_editor_publishes_a_story_and_its_first_version_is_kept(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom, "action-publish")
    story = StoryPage.objects.get()
    version = queries.current_version(story)
    assert story.live
    assert version.text == "Coin rises\nA coin rose.\nThe coin rose by 3 per cent on Tuesday."
    assert (version.number, version.published_at) == (1, story.last_published_at)
    assert story.full_url.endswith("/technology/coin-rises/")


def test_an_author_cannot_publish(author: Client, newsroom: SectionPage) -> None:
    write(author, newsroom, "action-publish")
    assert not StoryPage.objects.get().live


def test_a_story_goes_from_the_author_through_an_editors_approval_to_readers(
    author: Client, editor: Client, newsroom: SectionPage
) -> None:
    write(author, newsroom, "action-submit")
    story = StoryPage.objects.get()
    assert [one.story for one in queries.desk_board(timezone.now()).waiting] == [story]
    state = TaskState.objects.get()
    editor.post(reverse("wagtailadmin_pages:workflow_action", args=[story.pk, "approve", state.pk]), follow=True)
    story.refresh_from_db()
    assert story.live
    assert queries.versions_of(story)[0].number == 1
    assert queries.desk_board(timezone.now()).waiting == []


def test_an_editor_mends_a_waiting_story_and_approves_it_in_one_go(
    author: Client, editor: Client, newsroom: SectionPage
) -> None:
    write(author, newsroom, "action-submit")
    story = StoryPage.objects.get()
    approval = {"action-workflow-action": "1", "workflow-action-name": "approve"}
    edit(editor, story, standfirst="A coin rose a little.", **approval)
    story.refresh_from_db()
    assert story.live
    assert story.standfirst == "A coin rose a little."


def test_a_story_that_was_mended_while_it_waited_comes_out_when_it_is_approved(
    author: Client, editor: Client, newsroom: SectionPage
) -> None:
    write(author, newsroom, "action-submit")
    story, state = StoryPage.objects.get(), TaskState.objects.get()
    edit(editor, story, standfirst="A coin rose a little.")
    editor.post(reverse("wagtailadmin_pages:workflow_action", args=[story.pk, "approve", state.pk]), follow=True)
    story.refresh_from_db()
    assert story.live
    assert story.standfirst == "A coin rose a little."


def test_an_editor_sends_a_story_back(author: Client, editor: Client, newsroom: SectionPage) -> None:
    write(author, newsroom, "action-submit")
    story, state = StoryPage.objects.get(), TaskState.objects.get()
    editor.post(
        reverse("wagtailadmin_pages:workflow_action", args=[story.pk, "reject", state.pk]), {"comment": "Sources?"}
    )
    state.refresh_from_db()
    assert (state.status, state.comment, story.live) == ("rejected", "Sources?", False)


def test_an_author_cannot_approve_their_own_story(author: Client, newsroom: SectionPage) -> None:
    write(author, newsroom, "action-submit")
    story, state = StoryPage.objects.get(), TaskState.objects.get()
    author.post(reverse("wagtailadmin_pages:workflow_action", args=[story.pk, "approve", state.pk]))
    story.refresh_from_db()
    assert not story.live


def test_what_became_unready_in_moderation_cannot_be_approved(
    author: Client, editor: Client, newsroom: SectionPage
) -> None:
    write(author, newsroom, "action-submit", lead_image=(image := make_image()).pk)
    image.description = ""
    image.save()
    story, state = StoryPage.objects.get(), TaskState.objects.get()
    editor.post(reverse("wagtailadmin_pages:workflow_action", args=[story.pk, "approve", state.pk]), follow=True)
    story.refresh_from_db()
    page = editor.get(reverse("wagtailadmin_pages:edit", args=[story.pk])).content.decode()
    assert not story.live
    assert "Describe it for readers who cannot see it" in page


def test_a_draft_may_lack_everything_but_a_headline(author: Client, newsroom: SectionPage) -> None:
    write(author, newsroom, standfirst="", body=[], bylines=inline_formset([]))
    assert {problem.field for problem in StoryPage.objects.get().problems()} == {"standfirst", "body", "bylines"}


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"body": []}, "The body has no text"),
        ({"body": [("paragraph", "<p> </p>")]}, "The body has no text"),
        ({"standfirst": " "}, "The standfirst is empty"),
        ({"slug": "two words"}, "slug"),
        ({"breaking_until": "2999-01-01 10:00"}, "breaking for 3 days at most"),
        ({"questions": questions([("Why?", "")])}, "lacks its question or its answer"),
        ({"questions": questions([("Why?", "<p>So.</p>"), ("why?", "<p>So.</p>")])}, "asked twice"),
        ({"body": [("paragraph", "<p>x</p>"), ("price_chart", {"instrument": "NOPE", "days": "7"})]}, "valid choice"),
    ],
)
def test_a_story_that_is_not_ready_is_not_published_and_says_why(
    editor: Client, newsroom: SectionPage, form: dict[str, Any], message: str
) -> None:
    answer = write(editor, newsroom, "action-publish", **form)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not StoryPage.objects.filter(live=True).exists()


@pytest.mark.parametrize(
    ("picture", "message"), [({"description": ""}, "no description"), ({"credit": ""}, "has no credit")]
)
def test_a_picture_needs_a_description_and_a_credit(
    editor: Client, newsroom: SectionPage, picture: dict[str, str], message: str
) -> None:
    answer = write(editor, newsroom, "action-publish", lead_image=make_image(**picture).pk)
    assert message in answer.content.decode()
    assert not StoryPage.objects.exists()


def test_a_story_without_an_author_is_not_published(editor: Client, newsroom: SectionPage) -> None:
    answer = write(editor, newsroom, "action-publish", bylines=inline_formset([]))
    assert "at least 1" in answer.content.decode()
    assert not StoryPage.objects.exists()


def test_a_scheduled_story_comes_out_when_it_is_due(editor: Client, newsroom: SectionPage) -> None:
    soon = timezone.now() + timedelta(hours=2)
    write(editor, newsroom, "action-publish", go_live_at=soon.strftime("%Y-%m-%d %H:%M"))
    story = StoryPage.objects.get()
    assert not story.live
    assert [one.story_id for one in queries.desk_board(timezone.now()).scheduled] == [story.pk]
    assert actions.publish_due(timezone.now()).published == []
    make_due(story)
    assert actions.publish_due(timezone.now()).published == [story.pk]
    assert queries.story_by_id(story.pk) == story


def test_an_embargo_holds_back_what_an_editor_publishes_or_approves(editor: Client, newsroom: SectionPage) -> None:
    ends = timezone.now() + timedelta(hours=2)
    write(editor, newsroom, "action-publish", embargo_until=ends.strftime("%Y-%m-%d %H:%M"))
    story = StoryPage.objects.get()
    assert not story.live
    assert Revision.objects.get(approved_go_live_at__isnull=False).approved_go_live_at == ends.replace(
        second=0, microsecond=0
    )


def test_an_unready_scheduled_story_does_not_stop_the_others(editor: Client, newsroom: SectionPage) -> None:
    soon = (timezone.now() + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    image = make_image()
    write(editor, newsroom, "action-publish", go_live_at=soon, lead_image=image.pk)
    write(editor, newsroom, "action-publish", go_live_at=soon, slug="second", title="Second")
    first, second = StoryPage.objects.order_by("pk")
    make_due(first)
    make_due(second)
    image.credit = ""
    image.save()
    done = actions.publish_due(timezone.now())
    assert done.published == [second.pk]
    assert "has no credit" in done.refused[first.pk]


def test_an_expired_story_is_taken_down(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom, "action-publish")
    story = StoryPage.objects.get()
    StoryPage.objects.filter(pk=story.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    assert actions.publish_due(timezone.now()).expired == [story.pk]
    assert queries.story_by_id(story.pk) is None


def test_republishing_the_same_wording_makes_no_new_version(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom, "action-publish")
    story = StoryPage.objects.get()
    edit(editor, story, "action-publish", tags="coins")
    edit(editor, story, "action-publish", standfirst="A coin rose, and fell.")
    assert [version.number for version in queries.versions_of(story)] == [2, 1]


def test_publication_freezes_the_prices_of_the_instruments_named(editor: Client, newsroom: SectionPage) -> None:
    coin = Instrument.objects.create(symbol="XYZ", slug="xyz", name="Coin")
    quote = Quote.objects.create(instrument=coin, price="10.5", as_of=timezone.now(), source="test")
    write(editor, newsroom, "action-publish", instruments=(coin.pk,))
    quote.price = 99
    quote.save()
    story = StoryPage.objects.get()
    edit(editor, story, "action-publish", instruments=(coin.pk,), standfirst="Again.")
    assert [float(frozen.price) for frozen in story.publication_prices.all()] == [10.5]


def test_the_desk_shows_the_board_the_form_and_no_foreign_addresses(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom, "action-publish")
    story = StoryPage.objects.get()
    home = editor.get("/desk/").content.decode()
    form = editor.get(reverse("wagtailadmin_pages:edit", args=[story.pk])).content.decode()
    assert "Waiting for moderation" in home
    assert f"/desk/stories/{story.pk}/correct/" in form
    assert "gravatar" not in home + form


def test_a_preview_shows_the_draft(editor: Client, newsroom: SectionPage) -> None:
    write(editor, newsroom)
    story = StoryPage.objects.get()
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk])
    assert editor.post(address, story_form(title="Not yet out")).json()["is_valid"]


def test_the_sign_in_page_carries_the_newsrooms_name(client: Client, newsroom: SectionPage) -> None:
    page = client.get("/desk/login/").content.decode()
    assert "Touchstone: the desk" in " ".join(page.split())


def test_set_up_may_run_again(newsroom: SectionPage) -> None:
    before = StoryPage.objects.count(), SectionPage.objects.count()
    actions.set_up_newsroom()
    assert (StoryPage.objects.count(), SectionPage.objects.count()) == before
    assert make_author().url == "/authors/ada-reporter/"


def make_due(story: StoryPage) -> None:
    """Let a scheduled moment be past, as if time had gone on."""
    revision = story.revisions.get(approved_go_live_at__isnull=False)
    past = timezone.now() - timedelta(minutes=1)
    revision.content["go_live_at"] = past.isoformat()
    revision.approved_go_live_at = past
    revision.save()
