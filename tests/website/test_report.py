"""How often the index was right, from resolutions and what was published before them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests import factories
from tests.factories import NOON

from touchstone.trust.models import Resolution, Snapshot
from touchstone.website.queries.report import report_card, resolution_of

pytestmark = pytest.mark.django_db


def resolve(title: str, *, outcome: str, index: float | None, is_signed: bool = True) -> Resolution:
    story = factories.make_story(title)
    if index is not None:
        shared = {"real": 8, "fake": 2, "low": 0, "high": 100, "confidence": "low", "label": "likely_real"}
        more = {"effective_votes": 10, "engine_digest": "0" * 64}
        Snapshot.objects.create(story=story, at=NOON, index=index, **shared, **more)
        Snapshot.objects.create(story=story, at=NOON + timedelta(days=9), index=1.0, **shared, **more)
    first, second = (factories.make_user(f"{title}-{name}") for name in ("one", "two"))
    return Resolution.objects.create(
        story=story,
        outcome=outcome,
        evidence="See https://filing.example/7",
        first_signer=first,
        first_signed_at=NOON + timedelta(days=1),
        second_signer=second if is_signed else None,
        second_signed_at=NOON + timedelta(days=1) if is_signed else None,
    )


def test_the_report_card_grades_what_was_published_before_the_resolution() -> None:
    resolve("a", outcome="confirmed", index=90.0)
    resolve("b", outcome="debunked", index=40.0)
    resolve("c", outcome="debunked", index=60.0)
    resolve("d", outcome="partly", index=60.0)
    resolve("e", outcome="confirmed", index=None)
    resolve("f", outcome="confirmed", index=10.0, is_signed=False)
    card = report_card()
    assert (card.resolved, card.graded, card.right) == (5, 3, 2)
    assert card.brier == pytest.approx((0.1**2 + 0.4**2 + 0.6**2) / 3)
    assert card.is_small
    assert card.dots == []


def test_eight_graded_stories_are_drawn() -> None:
    for number in range(8):
        resolve(f"s{number}", outcome="confirmed" if number < 6 else "debunked", index=70.0)
    (dot,) = report_card().dots
    assert (dot.x, dot.y) == ("70.00%", "25.00%")
    assert dot.words == "8 stories with an index of about 70: 75 % confirmed"


def test_without_resolutions_the_card_says_so() -> None:
    card = report_card()
    assert (card.resolved, card.graded, card.brier_text) == (0, 0, "–")
    assert "No story has been resolved yet" in Client().get("/trust/").content.decode()


def test_a_story_shows_its_finding_only_when_two_have_signed_and_nobody_withdrew() -> None:
    waiting = resolve("waiting", outcome="debunked", index=None, is_signed=False)
    assert resolution_of(waiting.story) is None
    standing = resolve("standing", outcome="debunked", index=None)
    html = Client().get("/technology/standing/").content.decode()
    assert "Debunked: this turned out to be fake" in html
    assert 'href="https://filing.example/7" rel="nofollow"' in html
    standing.withdrawn_at = NOON + timedelta(days=2)
    standing.save(update_fields=["withdrawn_at"])
    assert resolution_of(standing.story) is None
