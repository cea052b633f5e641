"""One current vote per reader and story, and the history of every change."""

from __future__ import annotations

import uuid

from django.db import models


class Choice(models.TextChoices):
    """What a reader says of a story."""

    REAL = "real", "Real"
    FAKE = "fake", "Fake"


class Vote(models.Model):
    """A reader's current vote on a story; a retracted vote has no row."""

    # The unique constraint below serves every look-up by story; a second index would be written for nothing.
    story = models.ForeignKey("stories.StoryPage", on_delete=models.CASCADE, related_name="votes", db_index=False)
    reader = models.ForeignKey("readers.Reader", on_delete=models.CASCADE, related_name="votes")
    version = models.ForeignKey("stories.StoryVersion", on_delete=models.PROTECT, related_name="+", db_index=False)
    choice = models.CharField(max_length=4, choices=Choice.choices)
    cast_at_ms = models.BigIntegerField()
    event = models.UUIDField(null=True, help_text="The event that made it what it is; names its receipt.")
    place = models.SmallIntegerField(default=0, help_text="Where it counts, in the engine's words; see engine.Place.")
    chance = models.FloatField(null=True, help_text="Of being right, by what was public before it; null: not graded.")
    was_right = models.BooleanField(null=True, help_text="What the story's resolution says of it; null: not graded.")

    class Meta:
        ordering = ["cast_at_ms"]
        constraints = [
            models.UniqueConstraint(fields=["story", "reader"], name="vote_once_per_reader_and_story"),
            models.CheckConstraint(condition=models.Q(choice__in=Choice.values), name="vote_choice_known"),
        ]

    def __str__(self) -> str:
        return f"{self.choice} on {self.story_id}"


class VoteEvent(models.Model):
    """One acknowledged vote, change or retraction; rows are only ever added."""

    class Kind(models.TextChoices):
        """What the reader did."""

        VOTE = "vote", "Voted"
        REVOTE = "revote", "Changed the vote"
        RETRACT = "retract", "Took the vote back"

    class Door(models.TextChoices):
        """How the vote came in, which says what was checked."""

        SCRIPT = "script", "The page's script, with proof of work"
        ACCOUNT = "account", "The page's script, signed in"
        FORM = "form", "The form without scripts"
        PAST = "past", "Written when the demo newsroom was made"

    id = models.UUIDField(primary_key=True, help_text="Made from the request's idempotency key; names the receipt.")
    nonce = models.UUIDField(unique=True, default=uuid.uuid4, help_text="The one-time token that was used up.")
    story = models.ForeignKey("stories.StoryPage", on_delete=models.PROTECT, related_name="vote_events", db_index=False)
    reader = models.ForeignKey("readers.Reader", on_delete=models.CASCADE, related_name="vote_events")
    version = models.ForeignKey("stories.StoryVersion", on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    choice = models.CharField(max_length=4, choices=Choice.choices, null=True, blank=True)  # noqa: DJ001
    door = models.CharField(max_length=8, choices=Door.choices, default=Door.SCRIPT)
    is_signed = models.BooleanField(default=False, help_text="Signed with a key that only the reader holds.")
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        ordering = ["at_ms"]
        indexes = [models.Index(fields=["story", "at_ms"], name="vote_event_of_story")]

    def __str__(self) -> str:
        return f"{self.kind} {self.choice or ''} on {self.story_id}"


class Tally(models.Model):
    """How many current votes a story has and where they count, kept in the same transaction as the votes."""

    story = models.OneToOneField("stories.StoryPage", primary_key=True, on_delete=models.CASCADE, related_name="tally")
    real = models.PositiveIntegerField(default=0)
    fake = models.PositiveIntegerField(default=0)
    last_vote_at_ms = models.BigIntegerField(null=True)
    places = models.TextField(
        default="", blank=True, help_text="JSON rows of place, fake and real votes; empty if all stand in place 0."
    )
    held = models.SmallIntegerField(default=0, help_text="The side of the label last published: 1, -1 or 0.")
    has_both_sides = models.BooleanField(default=False, help_text="Both sides of the viewpoint axis support the label.")
    probability = models.FloatField(null=True, help_text="Calibrated by the last full fit.")

    class Meta:
        ordering = ["story"]

    def __str__(self) -> str:
        return f"{self.real} real, {self.fake} fake on {self.story_id}"


class Electorate(models.Model):
    """What the last full fit found out about the readers as a whole; one row, none before the first fit."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    mature_ms = models.BigIntegerField(
        null=True, help_text="Since when new readers are newcomers; never on a young site."
    )
    has_crowd = models.BooleanField(default=False, help_text="Labels need proven readers on their side.")

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="electorate_only_one")]

    def __str__(self) -> str:
        return f"readers, mature since {self.mature_ms}"
