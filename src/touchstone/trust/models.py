"""What the trust engine has published, and what later turned out."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Fit(models.Model):
    """One full run of the engine over all votes."""

    class State(models.TextChoices):
        """How far the run is."""

        REQUESTED = "requested", "Requested"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    votes = models.PositiveIntegerField(default=0)
    stories = models.PositiveIntegerField(default=0)
    progress_pct = models.PositiveSmallIntegerField(default=0)
    engine_version = models.CharField(max_length=20)
    engine_digest = models.CharField(max_length=64)
    result_digest = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at"]
        get_latest_by = "started_at"

    def __str__(self) -> str:
        return f"fit {self.pk} ({self.state})"


class Snapshot(models.Model):
    """One story's published figures at one moment; the newest one is what pages show."""

    story = models.ForeignKey("stories.StoryPage", on_delete=models.CASCADE, related_name="trust_snapshots")
    fit = models.ForeignKey(Fit, null=True, blank=True, on_delete=models.PROTECT, related_name="snapshots")
    at = models.DateTimeField()
    real = models.PositiveIntegerField()
    fake = models.PositiveIntegerField()
    share = models.FloatField(null=True)
    index = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    probability = models.FloatField(null=True)
    confidence = models.CharField(max_length=8)
    label = models.CharField(max_length=20)
    attack_price = models.PositiveIntegerField(null=True)
    effective_votes = models.FloatField()
    discounted = models.JSONField(default=list)
    review = models.CharField(max_length=20, blank=True, default="")
    engine_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-at", "-id"]
        get_latest_by = ["at", "id"]
        indexes = [models.Index(fields=["story", "-at"], name="snapshot_story_newest")]

    def __str__(self) -> str:
        return f"{self.label} {self.index:.1f} for {self.story_id}"


class Published(models.Model):
    """What a story's newest snapshot was made from."""

    story = models.OneToOneField(
        "stories.StoryPage", primary_key=True, on_delete=models.CASCADE, related_name="published_trust"
    )
    basis = models.JSONField(default=dict)
    at = models.DateTimeField()
    is_stale = models.BooleanField(
        default=False, db_index=True, help_text="A full fit or a resolution has changed what pages show."
    )

    class Meta:
        ordering = ["story"]

    def __str__(self) -> str:
        return f"{self.story_id} as published at {self.at}"


class Resolution(models.Model):
    """What a story turned out to be, with evidence, signed by two people."""

    class Outcome(models.TextChoices):
        """What was found."""

        CONFIRMED = "confirmed", "Confirmed"
        DEBUNKED = "debunked", "Debunked"
        PARTLY = "partly", "Partly true"

    story = models.ForeignKey("stories.StoryPage", on_delete=models.PROTECT, related_name="resolutions")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    evidence = models.TextField(help_text="What settles it, with links.")
    first_signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    first_signed_at = models.DateTimeField()
    second_signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    second_signed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-first_signed_at"]
        permissions = [("sign_resolution", "Can record and sign resolutions")]
        constraints = [
            models.UniqueConstraint(
                fields=["story"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="resolution_one_standing_per_story",
            ),
            models.CheckConstraint(
                condition=~models.Q(first_signer=models.F("second_signer")), name="resolution_two_signers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.story_id}"

    @property
    def state(self) -> str:
        """How far it is: withdrawn, signed by two, or waiting for a second signer."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "signed by two" if self.second_signed_at is not None else "waiting for a second signer"


class AnchorMember(models.Model):
    """A reader on the named panel that holds the earned key until others have earned it."""

    reader = models.ForeignKey("readers.Reader", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80, help_text="Who that is, as the method page and the log name the panel.")
    joined_at = models.DateTimeField()
    appointed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reader"], condition=models.Q(left_at__isnull=True), name="anchor_member_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
