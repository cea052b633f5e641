"""Reads of alarms, and of what the worker watches for them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, QuerySet

from touchstone.stories.models import AlarmEvent, MoveAlarm, PublicationPrice


def watched_prices(*, since: datetime, until: datetime) -> QuerySet[PublicationPrice]:
    """The frozen prices of live stories that came out in (since, until), with story, instrument and benchmark."""
    fresh = PublicationPrice.objects.filter(
        story__live=True, story__first_published_at__gt=since, story__first_published_at__lt=until
    )
    fresh = fresh.select_related("story", "instrument__benchmark", "instrument__quote")
    return fresh.order_by("story__first_published_at", "story", "instrument")


def open_alarms() -> QuerySet[MoveAlarm]:
    """Alarms that nobody has dealt with, the newest first, with story and instrument."""
    return MoveAlarm.objects.filter(dismissed_at=None).select_related("story", "instrument")


def dismissed_alarms() -> QuerySet[MoveAlarm]:
    """Alarms that somebody has dealt with, the latest first, with story, instrument and events, the latest first."""
    gone = MoveAlarm.objects.filter(dismissed_at__isnull=False).select_related("story", "instrument")
    events = AlarmEvent.objects.select_related("by").order_by("-at", "-pk")
    return gone.prefetch_related(Prefetch("events", events)).order_by("-dismissed_at", "-pk")


def alarm_count() -> int:
    """How many alarms nobody has dealt with; one query."""
    return MoveAlarm.objects.filter(dismissed_at=None).count()


def alarm_history(alarm: MoveAlarm) -> QuerySet[AlarmEvent]:
    """What happened to an alarm, the latest first, with who did it."""
    return alarm.events.select_related("by").order_by("-at", "-pk")
