"""What happens when stories come out."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from wagtail.models import Page, Revision

from touchstone.ledger import actions as ledger
from touchstone.markets.queries import price_at
from touchstone.stories.errors import StoryNotReady
from touchstone.stories.models import PublicationPrice, StoryPage, StoryVersion
from touchstone.stories.turns import turn
from touchstone.stories.wording import hash_wording, write_wording

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DuePublications:
    """What a round of scheduled publishing did: ids of pages, and why some could not come out."""

    published: list[int]
    expired: list[int]
    refused: dict[int, str]


@transaction.atomic
def record_publication(*, story: StoryPage, revision: Revision | None, at: datetime) -> StoryVersion:
    """Keep the wording that came out as a version, unless it is the last one's, and freeze prices once."""
    _freeze_prices(story)
    text = write_wording(story)
    digest = hash_wording(text)
    newest = story.versions.order_by("-number").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    ledger.register_version(story=story.pk, version=digest, at=at)
    return StoryVersion.objects.create(
        story=story,
        number=newest.number + 1 if newest else 1,
        published_at=at,
        text=text,
        sha256=digest,
        revision=revision,
    )


def publish_due(at: datetime) -> DuePublications:
    """Publish what is scheduled until then and take down what has expired; one that fails leaves the others alone.

    The worker calls this every few seconds. A story that is not ready stays scheduled and is reported as refused.
    """
    done = DuePublications([], [], {})
    for page_id in _ids(Page.objects.filter(live=True, expire_at__lte=at).order_by("expire_at"), "pk"):
        with turn([page_id]):
            _expire(page_id, at, done)
    due = Revision.objects.filter(approved_go_live_at__lte=at).order_by("approved_go_live_at")
    for page_id in dict.fromkeys(_ids(due, "object_id")):
        with turn([page_id]):
            for revision in due.filter(object_id=str(page_id)):
                _publish_one(revision, done)
    return done


def _ids(rows: QuerySet[Any], name: str) -> list[int]:
    return [int(each) for each in rows.values_list(name, flat=True)]


def _expire(page_id: int, at: datetime, done: DuePublications) -> None:
    page = Page.objects.filter(pk=page_id, live=True, expire_at__lte=at).specific().first()
    if page is not None:
        page.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
        done.expired.append(page_id)


def _publish_one(revision: Revision, done: DuePublications) -> None:
    page_id = int(revision.object_id)
    try:
        with transaction.atomic():
            revision.publish(log_action="wagtail.publish.scheduled")
    except (StoryNotReady, ValidationError) as err:
        log.warning("Page %s was scheduled but cannot come out: %s", page_id, err)
        done.refused[page_id] = str(err)
    else:
        done.published.append(page_id)


def _freeze_prices(story: StoryPage) -> None:
    """Keep each named instrument's price at the first publication, also of one that is named only later."""
    frozen = set(story.publication_prices.values_list("instrument_id", flat=True))
    for instrument in story.instruments.all():
        then = price_at(instrument, story.first_published_at)
        if instrument.pk in frozen or then is None:
            continue
        PublicationPrice.objects.create(
            story=story, instrument=instrument, price=then.price, at=then.as_of, is_simulated=then.is_simulated
        )
