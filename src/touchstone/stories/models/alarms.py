"""Alarms: a named instrument moved abnormally around a story that readers do not yet vouch for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class MoveAlarm(models.Model):
    """Asks the desk to check a story because an instrument moved around it; one for each story and instrument.

    The move is kept as it was when it last was worth an alarm, the readers' judgement as of `seen_at`.
    """

    story = models.ForeignKey("stories.StoryPage", on_delete=models.CASCADE, related_name="move_alarms")
    instrument = models.ForeignKey("markets.Instrument", on_delete=models.CASCADE, related_name="+")
    raised_at = models.DateTimeField(help_text="When it was raised, or raised again.")
    seen_at = models.DateTimeField(help_text="When price and votes were last looked at.")
    abnormal_pct = models.FloatField(help_text="Abnormal return, per cent.")
    low_pct = models.FloatField(help_text="Lower end of its 95 % interval, per cent.")
    high_pct = models.FloatField(help_text="Upper end of its 95 % interval, per cent.")
    chance = models.FloatField(help_text="Chance that noise alone ever looks like this while somebody keeps watching.")
    moved_from = models.DateTimeField()
    moved_until = models.DateTimeField()
    came_before = models.BooleanField(help_text="Whether it moved before the story came out.")
    is_simulated = models.BooleanField(default=False)
    votes = models.PositiveIntegerField()
    label = models.CharField(max_length=40, help_text="The trust label in words.")
    confidence = models.CharField(max_length=20, help_text="The confidence in words.")
    doubts = models.CharField(max_length=200, help_text="Why readers do not vouch for the story; empty: they do now.")
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_pct = models.FloatField(null=True, blank=True, help_text="The move that the one who dismissed it saw.")

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["story", "instrument"], name="move_alarm_once"),
            models.CheckConstraint(
                condition=Q(dismissed_at=None, dismissed_pct=None)
                | Q(dismissed_at__isnull=False, dismissed_pct__isnull=False),
                name="move_alarm_dismissal_whole",
            ),
            models.CheckConstraint(condition=Q(moved_until__gt=models.F("moved_from")), name="move_alarm_takes_time"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} around {self.story_id}: {self.abnormal_pct:+.1f} %"

    @property
    def is_open(self) -> bool:
        """Whether nobody has dealt with it yet."""
        return self.dismissed_at is None


class AlarmEvent(models.Model):
    """A step in an alarm's life: raised, raised again, dismissed; never changed."""

    class Kind(models.TextChoices):
        """What happened."""

        RAISED = "raised", "Raised"
        RAISED_AGAIN = "raised_again", "Raised again"
        DISMISSED = "dismissed", "Dismissed"

    alarm = models.ForeignKey(MoveAlarm, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=600, help_text="Why it was raised, or what was found before it was dismissed.")
    abnormal_pct = models.FloatField()

    class Meta:
        ordering = ["alarm", "-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="dismissed", by__isnull=False) | (~Q(kind="dismissed") & Q(by=None)),
                name="alarm_event_by_a_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.alarm_id} at {self.at:%Y-%m-%d %H:%M}"
