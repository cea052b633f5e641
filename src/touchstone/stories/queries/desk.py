"""Reads for the editors' first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Revision, TaskState, WorkflowState

from touchstone.stories.models import MarketMovingFlag, StoryPage

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class WaitingStory:
    """A story that waits for an editor's approval."""

    story: StoryPage
    since: datetime
    task: str
    by: str


@dataclass(frozen=True, slots=True)
class ScheduledStory:
    """A story that will come out by itself."""

    story_id: int
    headline: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskBoard:
    """What editors watch: waiting stories, what is scheduled, which flags are up."""

    waiting: list[WaitingStory]
    scheduled: list[ScheduledStory]
    breaking: list[StoryPage]
    unconfirmed: list[MarketMovingFlag]


def desk_board(at: datetime) -> DeskBoard:
    """The board at a moment; each list holds the first ten."""
    return DeskBoard(
        waiting=_waiting(),
        scheduled=_scheduled(at),
        breaking=list(StoryPage.objects.live().filter(breaking_until__gt=at).order_by("breaking_until")[:MOST_SHOWN]),
        unconfirmed=list(
            MarketMovingFlag.objects.filter(confirmed_by=None)
            .select_related("story", "raised_by")
            .order_by("raised_at")[:MOST_SHOWN]
        ),
    )


def _waiting() -> list[WaitingStory]:
    states = (
        TaskState.objects.filter(
            status=TaskState.STATUS_IN_PROGRESS,
            workflow_state__status=WorkflowState.STATUS_IN_PROGRESS,
            workflow_state__content_type=ContentType.objects.get_for_model(StoryPage),
        )
        .select_related("task", "workflow_state__requested_by")
        .order_by("started_at")[:MOST_SHOWN]
    )
    ids = {state.pk: int(state.workflow_state.object_id) for state in states}
    stories = StoryPage.objects.in_bulk(ids.values())
    return [
        WaitingStory(stories[ids[state.pk]], state.started_at, state.task.name, str(state.workflow_state.requested_by))
        for state in states
        if ids[state.pk] in stories
    ]


def _scheduled(at: datetime) -> list[ScheduledStory]:
    due = Revision.objects.filter(
        approved_go_live_at__gt=at, content_type=ContentType.objects.get_for_model(StoryPage)
    ).order_by("approved_go_live_at")[:MOST_SHOWN]
    return [ScheduledStory(int(one.object_id), one.object_str, one.approved_go_live_at) for one in due]
