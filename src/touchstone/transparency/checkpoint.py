"""Checkpoints (c2sp.org/tlog-checkpoint): a tree's origin, size and root as the text of a signed note."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .encoding import decimal, hash_from_base64, to_base64, utf8
from .errors import Forked, Malformed, Stale, WrongOrigin
from .note import Note, VerifierKey
from .tree import HASH_SIZE


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says its tree is: origin, number of leaves, RFC 6962 root.

    Source: c2sp.org/tlog-checkpoint, "Note text". Example text:
        example.com/behind-the-sofa
        20852163
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise Malformed(what="checkpoint", reason="an empty or broken line")
        if self.size < 0 or len(self.root) != HASH_SIZE:
            raise Malformed(what="checkpoint", reason="a negative size or a root that is not 32 bytes long")

    @property
    def text(self) -> str:
        """The note text, each line ending in a newline."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.extensions)) + "\n"

    @classmethod
    def parse_text(cls, text: str) -> Checkpoint:
        """Read a note text. Raises Malformed."""
        lines = utf8(text.encode("utf-8", "surrogatepass"), what="checkpoint").split("\n")
        if len(lines) < 4 or lines[-1]:
            raise Malformed(what="checkpoint", reason="not three lines (origin, size, root) that each end in a newline")
        size = decimal(lines[1], what="checkpoint size")
        root = hash_from_base64(lines[2], what="checkpoint root")
        return cls(lines[0], size, root, tuple(lines[3:-1]))

    def require_growth(self, seen: Checkpoint) -> None:
        """Raise Stale if smaller than a checkpoint already seen, Forked if of equal size with another root."""
        if seen.origin != self.origin:
            raise WrongOrigin(expected=seen.origin, found=self.origin)
        if self.size < seen.size:
            raise Stale(seen_size=seen.size, size=self.size)
        if self.size == seen.size and self.root != seen.root:
            raise Forked(size=self.size, first=seen.root, second=self.root)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log signature was verified, with the note it came in."""

    checkpoint: Checkpoint
    note: Note
    key: VerifierKey


def open_checkpoint(data: bytes, keys: Iterable[VerifierKey]) -> SignedCheckpoint:
    """Parse a signed checkpoint and verify it under one of the log's keys, whose name must be the origin.

    Raises Malformed, SignatureInvalid, Unsigned or WrongOrigin.
    """
    note = Note.parse(data)
    key = note.require_signature(keys)
    checkpoint = Checkpoint.parse_text(note.text)
    if checkpoint.origin != key.name:
        raise WrongOrigin(expected=key.name, found=checkpoint.origin)
    return SignedCheckpoint(checkpoint, note, key)
