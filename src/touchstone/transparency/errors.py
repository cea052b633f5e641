"""Every way in which log data can be refused; each error names its step, what failed and what to do."""

from __future__ import annotations


class TransparencyError(Exception):
    """Root of the package's errors; `step` is the verification step that failed, one word."""

    step = "format"


class Malformed(TransparencyError):
    """Bytes that do not follow their format to the letter."""

    def __init__(self, *, what: str, reason: str) -> None:
        self.what = what
        self.reason = reason
        super().__init__(f"{what} is malformed: {reason}. Fetch the file again; do not edit it.")


class MissingResource(TransparencyError):
    """A tile, bundle or file that the checkpoint promises is not there."""

    step = "missing"

    def __init__(self, *, path: str, detail: str = "") -> None:
        self.path = path
        reason = f" ({detail})" if detail else ""
        super().__init__(f"{path} cannot be read{reason}; the checkpoint needs it. Fetch it or ask the publisher.")


class WrongOrigin(TransparencyError):
    """A checkpoint of another log."""

    step = "origin"

    def __init__(self, *, expected: str, found: str) -> None:
        self.expected = expected
        self.found = found
        super().__init__(f"the checkpoint is of log {found!r}, but log {expected!r} was asked for.")


class SignatureInvalid(TransparencyError):
    """A signature under a known key that does not fit the text."""

    step = "signature"

    def __init__(self, *, key_name: str) -> None:
        self.key_name = key_name
        super().__init__(f"the signature by {key_name!r} does not fit the text: it was altered or forged.")


class Unsigned(TransparencyError):
    """No signature under any trusted key."""

    step = "signature"

    def __init__(self, *, wanted: tuple[str, ...], found: tuple[str, ...]) -> None:
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"no signature by a trusted key ({_names(wanted)}); found only {_names(found)}. "
            "Check that you use the publisher's own key."
        )


class QuorumMissed(TransparencyError):
    """Too few witnesses stand behind a checkpoint."""

    step = "quorum"

    def __init__(self, *, quorum: str, seen: tuple[str, ...]) -> None:
        self.quorum = quorum
        self.seen = seen
        super().__init__(
            f"the policy asks for quorum {quorum!r}, but only {_names(seen)} cosigned. "
            "Wait for a newer receipt or lower the policy knowingly."
        )


class ProofInvalid(TransparencyError):
    """An inclusion proof that does not lead to the checkpoint's root."""

    step = "inclusion"

    def __init__(self, *, index: int, size: int, reason: str) -> None:
        self.index = index
        self.size = size
        super().__init__(f"entry {index} is not proved to be in the tree of {size} entries: {reason}.")


class Inconsistent(TransparencyError):
    """The larger tree does not contain the smaller one: history was rewritten."""

    step = "consistency"

    def __init__(self, *, old_size: int, new_size: int, reason: str) -> None:
        self.old_size = old_size
        self.new_size = new_size
        super().__init__(
            f"the tree of {new_size} entries does not extend the tree of {old_size}: {reason}. "
            "Keep both checkpoints: together they may prove misconduct."
        )


class Forked(TransparencyError):
    """Two roots for one size: the publisher shows two histories."""

    step = "fork"

    def __init__(self, *, size: int, first: bytes, second: bytes) -> None:
        self.size = size
        self.first = first
        self.second = second
        super().__init__(
            f"two different roots for {size} entries: {first.hex()[:16]}… and {second.hex()[:16]}…. "
            "Keep both checkpoints: together they prove misconduct."
        )


class Stale(TransparencyError):
    """A checkpoint smaller than one already seen."""

    step = "stale"

    def __init__(self, *, seen_size: int, size: int) -> None:
        self.seen_size = seen_size
        self.size = size
        super().__init__(
            f"the log shows {size} entries, but {seen_size} were already seen: it shrank, or an old copy is served."
        )


class RootMismatch(TransparencyError):
    """Tiles that do not hash up to the signed root."""

    step = "tree"

    def __init__(self, *, size: int, signed: bytes, computed: bytes) -> None:
        self.size = size
        self.signed = signed
        self.computed = computed
        super().__init__(
            f"the tiles of {size} entries hash to {computed.hex()[:16]}…, the checkpoint says {signed.hex()[:16]}…: "
            "an entry was dropped, altered or moved."
        )


class TileMismatch(TransparencyError):
    """A tile that does not follow from the tile or entries below it."""

    step = "tree"

    def __init__(self, *, path: str, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} does not follow from what lies below it: {reason}.")


class EntryMismatch(TransparencyError):
    """An entry whose bytes do not hash to its leaf."""

    step = "entry"

    def __init__(self, *, index: int, reason: str) -> None:
        self.index = index
        self.reason = reason
        super().__init__(f"entry {index} is not what the tree commits to: {reason}.")


class OpeningMismatch(TransparencyError):
    """A payload and nonce that do not match the commitment in the log."""

    step = "opening"

    def __init__(self, *, index: int, which: str, reason: str = "hash differs") -> None:
        self.index = index
        self.which = which
        super().__init__(f"the {which} opening of entry {index} does not match its commitment: {reason}.")


class OpeningsWithheld(TransparencyError):
    """Openings are missing that no erase entry accounts for."""

    step = "opening"

    def __init__(self, *, missing: int, erased: int, first: int) -> None:
        self.missing = missing
        self.erased = erased
        self.first = first
        super().__init__(
            f"{missing} openings are missing (first: entry {first}), but erase entries account for {erased}. "
            "Ask the publisher for the rest."
        )


class SuccessionBroken(TransparencyError):
    """A log that does not follow on the log before it."""

    step = "succession"

    def __init__(self, *, origin: str, reason: str) -> None:
        self.origin = origin
        self.reason = reason
        super().__init__(f"log {origin!r} does not follow on the log before it: {reason}.")


class HistoryInvalid(TransparencyError):
    """An entry that cannot follow from those before it."""

    step = "replay"

    def __init__(self, *, index: int, reason: str) -> None:
        self.index = index
        self.reason = reason
        super().__init__(f"entry {index} cannot follow from the entries before it: {reason}.")


class VoteSignatureInvalid(TransparencyError):
    """A reader's own signature under a vote that does not fit."""

    step = "reader"

    def __init__(self, *, index: int, reason: str) -> None:
        self.index = index
        self.reason = reason
        super().__init__(f"the reader's own signature under entry {index} is not good: {reason}.")


class IndexMismatch(TransparencyError):
    """A published figure that the log's entries do not give."""

    step = "index"

    def __init__(self, *, index: int, story: int, field: str, published: str, recomputed: str) -> None:
        self.index = index
        self.story = story
        self.field = field
        self.published = published
        self.recomputed = recomputed
        super().__init__(
            f"entry {index} published {field} = {published} for story {story}; the votes logged give {recomputed}."
        )


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "nobody"
