"""Work that needs prices, stories and trust at once: telling pages of figures, watching what moves around stories."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from touchstone.engine import Basis
from touchstone.eventstudy import WatchRule
from touchstone.markets.actions import announce
from touchstone.markets.queries import WATCHED_FOR, move_around
from touchstone.stories.actions import report_move
from touchstone.stories.models import MoveAlarm, PublicationPrice, StoryPage
from touchstone.stories.queries import Standing, watched_prices
from touchstone.trust.actions import publish_changed
from touchstone.trust.queries import PublishedTrust, figures_for, settled_among
from touchstone.votes.queries import told_figures
from touchstone.website.pages.changes import TRUST_EVENT, path_of

logger = logging.getLogger(__name__)
Change = tuple[int, Basis, int | None]


def publish_trust(*, at: datetime) -> int:
    """Publish all changed trust figures, and tell pages of those that they have not heard of; how many are new."""
    after: int | None = 0
    new = 0
    while after is not None:
        turn = publish_changed(at=at, after=after)
        announce_figures([(trust.story, trust.basis, _ms(trust.last_vote_at)) for trust in turn.unheard])
        new, after = new + len(turn.published), turn.last
    return new


def announce_figures(changes: Sequence[Change]) -> None:
    """Tell every open page, and the ready pages, of stories' figures, in one transaction.

    changes : story, what its figures follow from, and its last vote in ms
    """
    stories = StoryPage.objects.in_bulk([story for story, _basis, _last in changes])
    with transaction.atomic():
        for number, basis, last_vote_at_ms in changes:
            story = stories.get(number)
            figures = told_figures(number, basis, last_vote_at_ms)
            announce(TRUST_EVENT, {**figures, "path": path_of(story) if story else None})


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def watch_moves(*, at: datetime) -> list[MoveAlarm]:
    """Look at every instrument that a story of the last day names, and tell the desk of what it should check.

    The worker calls this every minute; the alarms that this call raised, anew or again. Prices stay outside the trust
    engine: its figures are read here, and nothing goes back. Stories that two editors have settled are left out.
    """
    if not settings.ALARM_MOVE_PCT:
        return []
    watched = list(watched_prices(since=at - WATCHED_FOR, until=at))
    settled = settled_among({price.story_id for price in watched})
    watched = [price for price in watched if price.story_id not in settled]
    figures = figures_for({price.story_id for price in watched})
    raised = [alarm for price in watched if (alarm := _watch(price, figures[price.story_id], at))]
    for alarm in raised:
        _send_mail(alarm)
    return raised


def _watch(price: PublicationPrice, trust: PublishedTrust, at: datetime) -> MoveAlarm | None:
    came_out = price.story.first_published_at
    rule = WatchRule(least_move=settings.ALARM_MOVE_PCT / 100)
    quote = getattr(price.instrument, "quote", None)
    return report_move(
        story=price.story,
        instrument=price.instrument,
        move=move_around(price.instrument, came_out, now=at, rule=rule),
        standing=_standing(trust),
        few_votes=settings.ALARM_FEW_VOTES,
        is_simulated=price.is_simulated or (quote is not None and quote.is_simulated),
        at=at,
    )


def _standing(trust: PublishedTrust) -> Standing:
    return Standing(
        votes=trust.votes,
        label=trust.label,
        label_text=trust.label_text,
        confidence=trust.confidence,
        confidence_text=trust.confidence_text,
    )


def _send_mail(alarm: MoveAlarm) -> None:
    """Tell the editors who asked for mail; an alarm that cannot be sent stands at the desk all the same."""
    if not settings.ALARM_MAIL:
        return
    subject = f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}Check this story: {alarm.story.title}"
    reason = alarm.events.latest("at").text
    address = f"{settings.SITE_ORIGIN}{reverse('stories_alarm', args=[alarm.pk])}"
    origin = "These are simulated prices.\n\n" if alarm.is_simulated else ""
    text = f"{alarm.story.title}\n\n{reason}\n\n{origin}A move is a reason to check, never proof.\n{address}\n"
    try:
        send_mail(subject.replace("\n", " "), text, None, settings.ALARM_MAIL)
    except OSError:
        logger.exception("The mail about alarm %s could not be sent; the alarm stands at the desk.", alarm.pk)
