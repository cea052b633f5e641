"""The demo newsroom stands after one command, and running it again changes nothing."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from touchstone.markets.models import Quote
from touchstone.readers.models import User
from touchstone.stories import queries
from touchstone.stories.models import StoryPage, StoryVersion
from touchstone.trust.models import Resolution, Snapshot
from touchstone.trust.queries import figures_for, figures_of
from touchstone.votes.models import Vote, VoteEvent

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LEAD = "open-weight-models-answer-us-access-rules"


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """What the command printed; everything it wrote is gone after the module."""
    out = io.StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_demo", stdout=out)
        yield out.getvalue()
        transaction.set_rollback(True)


def test_the_command_tells_of_its_progress_and_of_the_editors_password(seeded: str) -> None:
    file = Path(settings.DATA_DIR) / "demo-editor-password.txt"
    password = file.read_text().strip()
    assert "story 1 of" in seeded
    assert f"name editor, password {password}" in seeded
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert User.objects.get(username="editor").check_password(password)
    assert Client().login(username="editor", password=password)


def test_the_lead_story_is_the_one_readers_should_see(seeded: str) -> None:
    page = queries.front_page(timezone.now())
    lead = page.lead
    assert (lead.slug, lead.section.title, lead.is_demo) == (LEAD, "Technology", True)
    assert lead.is_breaking(timezone.now())
    assert lead.is_market_moving
    assert len(StoryPage.objects.get(pk=lead.pk).questions) == 2


def test_the_lead_storys_trust_is_verified_at_94_per_cent(seeded: str) -> None:
    trust = figures_of(StoryPage.objects.get(slug=LEAD).pk)
    ago = timezone.now() - trust.last_vote_at
    assert (trust.real, trust.fake, trust.share) == (15, 1, 0.9375)
    assert (trust.label, trust.confidence) == ("verified", "moderate")
    assert timedelta(hours=2, minutes=50) < ago < timedelta(hours=3, minutes=30)


def test_every_label_can_be_seen(seeded: str) -> None:
    labels = {trust.label for trust in figures_for(StoryPage.objects.values_list("pk", flat=True)).values()}
    wanted = {"verified", "likely_real", "mixed_opinions", "contested", "highly_contested", "gathering_votes"}
    assert wanted <= labels


def test_votes_lie_between_publication_and_now_and_name_the_version_that_stood(seeded: str) -> None:
    versions = list(StoryVersion.objects.order_by("-number"))
    for event in VoteEvent.objects.select_related("story"):
        at = event.at_ms / 1000
        stood = next(v for v in versions if v.story_id == event.story_id and v.published_at.timestamp() <= at)
        assert event.story.first_published_at.timestamp() < at < timezone.now().timestamp()
        assert event.version_id == stood.pk


def test_corrections_have_their_versions_and_dates(seeded: str) -> None:
    story = StoryPage.objects.get(slug="university-finds-benchmark-answers-in-training-set")
    assert [version.number for version in queries.versions_of(story)] == [3, 2, 1]
    for correction in queries.corrections_of(story):
        assert correction.version.published_at == correction.at
    old, new = queries.version_of(story, 1), queries.version_of(story, 2)
    assert queries.diff_versions(old, new).changes == 1


def test_one_story_is_closed_to_votes(seeded: str) -> None:
    closed = [story.slug for story in StoryPage.objects.all() if story.is_closed_to_votes(timezone.now())]
    assert closed == ["fund-filing-forged-again"]


def test_stories_name_instruments_with_frozen_prices_and_the_strip_has_its_quotes(seeded: str) -> None:
    lead = StoryPage.objects.get(slug=LEAD)
    assert lead.publication_prices.count() == lead.instruments.count() == 7
    assert [basket.slug for basket in lead.baskets.all()] == ["ai-adjacent-tokens"]
    assert Quote.objects.filter(instrument__ticker_place__isnull=False).count() == 4


def test_resolutions_are_signed_by_two_and_the_past_has_snapshots(seeded: str) -> None:
    for resolution in Resolution.objects.all():
        assert resolution.second_signer_id not in (None, resolution.first_signer_id)
        assert not Vote.objects.filter(
            story=resolution.story, cast_at_ms__gt=resolution.first_signed_at.timestamp() * 1000
        )
    assert Snapshot.objects.filter(at__lt=timezone.now() - timedelta(days=3)).exists()


def test_every_story_is_found_by_words_of_its_headline(seeded: str) -> None:
    for story in StoryPage.objects.all():
        assert story in queries.search_stories(story.title).stories, story.title


def test_related_stories_are_worked_out(seeded: str, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    lead = StoryPage.objects.get(slug=LEAD)
    with django_assert_max_num_queries(6):
        near = queries.related_stories(lead, limit=4)
    assert "customs-union-weighs-model-tariff" in [story.slug for story in near]


def test_running_it_again_changes_nothing(seeded: str) -> None:
    before = {model: model.objects.count() for model in (StoryPage, StoryVersion, Vote, VoteEvent, User, Resolution)}
    out = io.StringIO()
    call_command("seed_demo", stdout=out)
    assert {model: model.objects.count() for model in before} == before
    assert "password" not in out.getvalue()


@pytest.mark.parametrize(("now", "problem"), [("soon", "is no time"), ("2999-01-01", "lies in the future")])
def test_a_bad_moment_is_refused(now: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        call_command("seed_demo", now=now)
