"""What the vote ledger keeps: a queue that is emptied, openings that can be erased, and rows that only grow."""

from __future__ import annotations

from django.db import models


class Log(models.Model):
    """One append-only log; a new one starts each year, and after a loss that was owned up to."""

    name = models.SlugField(max_length=40, unique=True, help_text="The log's part of the address: /log/<name>/.")
    origin = models.CharField(max_length=200, unique=True, help_text="First line of its checkpoints.")
    opened_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.origin


class LogKey(models.Model):
    """A public key that signs a log's checkpoints from a size on; the newest one signs."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="keys")
    vkey = models.CharField(max_length=300, unique=True)
    since_size = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.vkey


class PendingEntry(models.Model):
    """An entry that is durable but has no place in the log yet; the sequencer moves it there."""

    kind = models.CharField(max_length=16)
    public_payload = models.BinaryField()
    public_nonce = models.BinaryField()
    audit_payload = models.BinaryField(null=True)
    audit_nonce = models.BinaryField(null=True)
    reference = models.UUIDField(unique=True, help_text="Address of the receipt; the request's idempotency key.")
    subject = models.CharField(max_length=64, blank=True, default="", help_text="Whose entry it is, for erasure.")
    queued_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LogEntry(models.Model):
    """One leaf of a log. Rows are only ever added, without gaps; the database refuses all else."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="entries")
    index = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    leaf = models.BinaryField()
    reference = models.UUIDField(unique=True)
    sequenced_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["log", "index"]
        constraints = [models.UniqueConstraint(fields=["log", "index"], name="log_entry_index_once")]

    def __str__(self) -> str:
        return f"entry {self.index} of {self.log_id}"


class Opening(models.Model):
    """What an entry's commitments hide; deleted on erasure, never changed."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="openings")
    index = models.BigIntegerField()
    subject = models.CharField(max_length=64, blank=True, default="")
    public_payload = models.BinaryField()
    public_nonce = models.BinaryField()
    audit_payload = models.BinaryField(null=True)
    audit_nonce = models.BinaryField(null=True)

    class Meta:
        ordering = ["log", "index"]
        constraints = [models.UniqueConstraint(fields=["log", "index"], name="opening_index_once")]
        indexes = [models.Index(fields=["subject"], name="opening_subject", condition=~models.Q(subject=""))]

    def __str__(self) -> str:
        return f"opening of entry {self.index} of {self.log_id}"


class Tile(models.Model):
    """A full tile of 256 hashes and the hash that stands for it one level up."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="tiles")
    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        ordering = ["log", "level", "index"]
        constraints = [models.UniqueConstraint(fields=["log", "level", "index"], name="tile_once")]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index} of {self.log_id}"


class Checkpoint(models.Model):
    """A tree head, kept before it is signed: for one size there is one root, whatever happens."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="checkpoints")
    size = models.BigIntegerField()
    root = models.BinaryField()
    made_at_ms = models.BigIntegerField()

    class Meta:
        ordering = ["log", "size"]
        constraints = [models.UniqueConstraint(fields=["log", "size"], name="checkpoint_size_once")]

    def __str__(self) -> str:
        return f"{self.size} entries of {self.log_id}"


class Signature(models.Model):
    """A signature line under a checkpoint, by the log itself or by a witness."""

    class Role(models.TextChoices):
        """Who signed."""

        LOG = "log", "The log"
        WITNESS = "witness", "A witness"

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(max_length=8, choices=Role.choices)
    key = models.CharField(max_length=300, help_text="The verifier key of the signer.")
    line = models.TextField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "key"], name="signature_once_per_key"),
            models.CheckConstraint(condition=models.Q(role__in=["log", "witness"]), name="signature_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.role} signature under {self.checkpoint_id}"
