"""What the vote ledger keeps."""

from __future__ import annotations

from django.db import models


class PendingEntry(models.Model):
    """An entry that is durable but has no place in the log yet."""

    kind = models.CharField(max_length=16)
    public_payload = models.BinaryField()
    public_nonce = models.BinaryField()
    audit_payload = models.BinaryField()
    audit_nonce = models.BinaryField()
    reference = models.UUIDField(unique=True)
    queued_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"
