"""Who votes: accounts, and readers who hold nothing but a key."""

from __future__ import annotations

import os
import time
import uuid

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


def new_id() -> uuid.UUID:
    """A UUID whose order is the order of making, which keeps index pages together (RFC 9562, section 5.7)."""
    moment = time.time_ns() // 1_000_000
    drawn = int.from_bytes(os.urandom(10), "big")
    high, low = (drawn >> 62) & 0xFFF, drawn & ((1 << 62) - 1)
    return uuid.UUID(int=(moment << 80) | (7 << 76) | (high << 64) | (2 << 62) | low)


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """An account: a reader who signed up, an author, an editor or an operator."""

    email = models.EmailField("e-mail address", unique=True)

    class Meta:
        ordering = ["username"]


class Reader(models.Model):
    """One voice in the votes; anonymous until an account claims it."""

    class Tier(models.TextChoices):
        """How well we know that a reader is one person."""

        ANONYMOUS = "anonymous", "Anonymous key"
        ACCOUNT = "account", "Confirmed account"
        PASSKEY = "passkey", "Account with a passkey"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="reader"
    )
    tier = models.CharField(max_length=12, choices=Tier.choices, default=Tier.ANONYMOUS)
    created_at = models.DateTimeField()
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged", help_text="Whose votes it left."
    )
    level = models.PositiveSmallIntegerField(default=0, help_text="Earned weight in fifteenths, set by the last fit.")
    settled_from_ms = models.BigIntegerField(null=True, help_text="Since when no newcomer any more, by the last fit.")
    in_lockstep = models.BooleanField(default=False, help_text="The last fit found the reader in a coordinated group.")

    class Meta:
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(condition=models.Q(level__lte=15), name="reader_level_at_most_15")]

    def __str__(self) -> str:
        return f"reader {self.id}"


class ReaderKey(models.Model):
    """A key that only one of the reader's browsers holds and that has signed votes; the ledger has the key itself."""

    reader = models.ForeignKey(Reader, on_delete=models.CASCADE, related_name="keys", db_index=False)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the public key, in hex.")
    first_used_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["first_used_at_ms"]
        constraints = [models.UniqueConstraint(fields=["reader", "digest"], name="key_once_per_reader")]

    def __str__(self) -> str:
        return f"key {self.digest[:16]} of {self.reader_id}"
