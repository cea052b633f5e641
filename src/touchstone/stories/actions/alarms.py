"""Alarms about moves: raised by the worker, dismissed by a person who says what was found."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from wagtail.log_actions import log

from touchstone.eventstudy import Move
from touchstone.markets.models import Instrument
from touchstone.readers.models import User
from touchstone.stories.alarms import Standing, calls_again, explain_move, find_doubts
from touchstone.stories.errors import AlarmAlreadyDismissed, EmptyFinding
from touchstone.stories.models import AlarmEvent, MoveAlarm, StoryPage


@transaction.atomic
def report_move(
    *,
    story: StoryPage,
    instrument: Instrument,
    move: Move | None,
    standing: Standing,
    few_votes: int,
    is_simulated: bool,
    at: datetime,
) -> MoveAlarm | None:
    """Tell the desk what an instrument did around a story; the alarm if this raised one, anew or again.

    move : None if there is none worth a look; an open alarm then keeps its move and learns what readers think now
    Saying the same twice changes nothing but `seen_at`. What was dismissed is raised again only by `calls_again`.
    """
    alarm = MoveAlarm.objects.select_for_update().filter(story=story, instrument=instrument).first()
    doubts = find_doubts(standing, few_votes=few_votes)
    if alarm is not None and alarm.is_open:
        _refresh(alarm, move, standing, doubts, is_simulated=is_simulated, at=at)
        alarm.save()
        return None
    if move is None or not doubts or (alarm is not None and not _calls_again(alarm, move)):
        return None
    kind = AlarmEvent.Kind.RAISED_AGAIN if alarm else AlarmEvent.Kind.RAISED
    alarm = alarm or MoveAlarm(story=story, instrument=instrument)
    alarm.raised_at, alarm.dismissed_at, alarm.dismissed_pct = at, None, None
    _refresh(alarm, move, standing, doubts, is_simulated=is_simulated, at=at)
    alarm.save()
    reason = explain_move(instrument.symbol, move, doubts)
    AlarmEvent.objects.create(alarm=alarm, kind=kind, at=at, text=reason, abnormal_pct=alarm.abnormal_pct)
    log(instance=story, action="stories.alarm.raise", data={"text": reason})
    return alarm


@transaction.atomic
def dismiss_alarm(*, alarm_id: int, editor: User, finding: str, seen_pct: float, at: datetime) -> MoveAlarm:
    """Put an alarm away; who did it, when and what they found stay in its history.

    seen_pct : the move that the editor saw, per cent; one that is clearly larger raises the alarm again
    Raises EmptyFinding, or AlarmAlreadyDismissed with who was faster.
    """
    alarm = MoveAlarm.objects.select_for_update(of=("self",)).select_related("story", "instrument").get(pk=alarm_id)
    if not finding.strip():
        raise EmptyFinding(alarm_id=alarm.pk)
    if not alarm.is_open:
        last = alarm.events.select_related("by").filter(kind=AlarmEvent.Kind.DISMISSED).latest("at")
        raise AlarmAlreadyDismissed(alarm_id=alarm.pk, by=str(last.by), at=last.at)
    alarm.dismissed_at, alarm.dismissed_pct = at, seen_pct
    alarm.save(update_fields=["dismissed_at", "dismissed_pct"])
    AlarmEvent.objects.create(
        alarm=alarm,
        kind=AlarmEvent.Kind.DISMISSED,
        at=at,
        by=editor,
        text=finding.strip(),
        abnormal_pct=seen_pct,
    )
    log(instance=alarm.story, action="stories.alarm.dismiss", user=editor, data={"text": finding.strip()})
    return alarm


def _calls_again(alarm: MoveAlarm, move: Move) -> bool:
    assert alarm.dismissed_pct is not None
    return calls_again(move, dismissed_pct=alarm.dismissed_pct, dismissed_before=alarm.came_before)


def _refresh(
    alarm: MoveAlarm, move: Move | None, standing: Standing, doubts: list[str], *, is_simulated: bool, at: datetime
) -> None:
    alarm.seen_at, alarm.is_simulated = at, is_simulated
    alarm.votes, alarm.label, alarm.confidence = standing.votes, standing.label_text, standing.confidence_text
    alarm.doubts = ", ".join(doubts)
    if move is None:
        return
    alarm.abnormal_pct, alarm.low_pct, alarm.high_pct = (100 * value for value in (move.abnormal, move.low, move.high))
    alarm.chance, alarm.came_before = move.chance, move.came_before
    alarm.moved_from, alarm.moved_until = (datetime.fromtimestamp(end, tz=UTC) for end in (move.start_s, move.end_s))
