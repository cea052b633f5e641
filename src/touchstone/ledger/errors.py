"""What can go wrong in the ledger; each class is one thing the caller can act on."""

from __future__ import annotations


class LedgerError(Exception):
    """Root of all errors of this package."""


class SequencerBusy(LedgerError):
    """Another process is sequencing or publishing."""

    def __init__(self) -> None:
        super().__init__("Another process is working on the vote ledger; nothing was done here, try again shortly.")


class PublishingRefused(LedgerError):
    """What the database holds contradicts what was already signed; nothing may be published."""


class RolledBack(PublishingRefused):
    """The database is older than the last signed checkpoint, as after restoring an old backup."""

    def __init__(self, *, origin: str, size: int, signed_size: int, signed_at: str) -> None:
        self.origin = origin
        self.size = size
        self.signed_size = signed_size
        super().__init__(
            f"The database holds {size} entries of log {origin}, but a checkpoint of {signed_size} entries was signed "
            f"on {signed_at}: an older backup was restored. Nothing is published, because readers hold receipts for "
            "the missing entries. Restore a newer backup; if there is none: `touchstone ledger rotate --after-loss`."
        )


class HistoryForked(PublishingRefused):
    """The database's tree differs from one that was already signed."""

    def __init__(self, *, origin: str, size: int) -> None:
        self.origin = origin
        self.size = size
        super().__init__(
            f"The first {size} entries of log {origin} are not those whose checkpoint was already signed: an older "
            "backup was restored and written to, or rows were changed. Nothing is published. Restore a newer backup; "
            "if there is none, run `touchstone ledger rotate --after-loss`."
        )


class LogAltered(LedgerError):
    """What the database holds does not pass the verifier, so it is not given out."""

    def __init__(self, *, origin: str, step: str, problem: str) -> None:
        self.origin = origin
        self.step = step
        super().__init__(
            f"Log {origin} does not pass the verifier at step {step!r}: {problem} Rows were changed after they were "
            "signed. Nothing was exported; restore the newest backup from before the change."
        )


class MarkMissing(PublishingRefused):
    """The file that remembers the last signed checkpoint is gone, while checkpoints were signed."""

    def __init__(self, *, origin: str, path: str) -> None:
        self.origin = origin
        self.path = path
        super().__init__(
            f"{path} is missing, so it is not known up to which size log {origin} was signed. Restore it from the "
            "newest copy of DATA_DIR/ledger; if there is none, run `touchstone ledger rotate --after-loss`."
        )


class KeyMissing(PublishingRefused):
    """The private key of a log is not where it should be."""

    def __init__(self, *, origin: str, path: str) -> None:
        self.origin = origin
        self.path = path
        super().__init__(
            f"The signing key of log {origin} is not at {path}. Restore DATA_DIR/ledger/keys from its copy; "
            "if it is lost, run `touchstone ledger rotate --after-loss`."
        )


class FolderUnusable(LedgerError):
    """A file of the ledger cannot be read or written."""

    def __init__(self, *, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path} cannot be used ({problem}). Check DATA_DIR, its owner and the free space.")


class BadEntry(LedgerError):
    """An entry that the log would not be able to open again."""

    def __init__(self, *, kind: str, reason: str) -> None:
        self.kind = kind
        self.reason = reason
        super().__init__(f"A {kind} entry cannot be recorded: {reason}")


class NoSuchEntry(LedgerError):
    """No entry under this reference."""

    def __init__(self, *, reference: str) -> None:
        self.reference = reference
        super().__init__(f"There is no ledger entry under reference {reference}.")


class NoLogYet(LedgerError):
    """Nothing was ever recorded."""

    def __init__(self) -> None:
        super().__init__("There is no vote log yet; the sequencer starts one with the first entry.")


class BadWitnesses(LedgerError):
    """The operator's file of witnesses cannot be read."""

    def __init__(self, *, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path} is not a list of witnesses: {problem} See docs/how-to/operate-the-ledger.md.")


class WitnessRefused(LedgerError):
    """A witness did not cosign."""

    def __init__(self, *, name: str, status: int, answer: str) -> None:
        self.name = name
        self.status = status
        super().__init__(f"Witness {name} did not cosign (status {status}): {answer or 'no reason given'}")


class ScrubIncomplete(LedgerError):
    """Erased bytes may still lie in the database's write-ahead log."""

    def __init__(self) -> None:
        super().__init__(
            "The rows are erased, but the write-ahead log could not be emptied, because a long read is under way. "
            "Run `touchstone ledger scrub` once it is over."
        )
