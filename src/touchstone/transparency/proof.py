"""Receipts: self-contained proofs that an entry is in a log (c2sp.org/tlog-proof@v1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .encoding import decimal, from_base64, hash_from_base64, to_base64, utf8
from .errors import Malformed

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES = 512 * 1024
_MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry's index, its audit path, the signed checkpoint, and unauthenticated extra data.

    Source: c2sp.org/tlog-proof, "Format". Example, shortened:
        c2sp.org/tlog-proof@v1
        extra eyJh…fQ==
        index 73894
        gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

        example.com/fancylog
        109482
        sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

        — example.com/fancylog hI2DJw…1roloI=
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __bytes__(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [to_base64(hash_) for hash_ in self.hashes]
        return ("\n".join(lines) + "\n\n").encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Receipt:
        """Read a proof file. Raises Malformed."""
        if len(data) > MAX_PROOF_BYTES:
            raise Malformed(what="receipt", reason=f"longer than {MAX_PROOF_BYTES} bytes")
        text = utf8(data, what="receipt")
        head, gap, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines.pop(0) != HEADER:
            raise Malformed(what="receipt", reason=f"it does not start with {HEADER!r} or has no checkpoint")
        extra = _read_extra(lines)
        index = _read_index(lines)
        return cls(index, read_hashes(lines, what="receipt"), checkpoint.encode(), extra)


def read_hashes(lines: Sequence[str], *, what: str) -> tuple[bytes, ...]:
    """Proof hashes from base64 lines, at most 63 of them. Raises Malformed."""
    if len(lines) > _MAX_HASHES:
        raise Malformed(what=what, reason=f"{len(lines)} proof hashes; at most {_MAX_HASHES} can be needed")
    return tuple(hash_from_base64(line, what=f"{what} hash {number}") for number, line in enumerate(lines))


def _read_extra(lines: list[str]) -> bytes | None:
    if not lines or not lines[0].startswith("extra "):
        return None
    return from_base64(lines.pop(0).removeprefix("extra "), what="receipt extra")


def _read_index(lines: list[str]) -> int:
    if not lines or not lines[0].startswith("index "):
        raise Malformed(what="receipt", reason="no index line")
    return decimal(lines.pop(0).removeprefix("index "), what="receipt index")


def encode_request(old_size: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The body of a witness's add-checkpoint call.

    Source: c2sp.org/tlog-witness, "add-checkpoint". Example: b"old 3\\n" + 44 characters of base64 and a newline for
    each hash + b"\\n" + the signed checkpoint.
    """
    lines = [f"old {old_size}", *map(to_base64, proof)]
    return ("\n".join(lines) + "\n\n").encode() + checkpoint


def decode_request(data: bytes) -> tuple[int, tuple[bytes, ...], bytes]:
    """Old size, consistency proof and signed checkpoint of an add-checkpoint call. Raises Malformed."""
    if len(data) > MAX_PROOF_BYTES:
        raise Malformed(what="request", reason=f"longer than {MAX_PROOF_BYTES} bytes")
    head, gap, checkpoint = utf8(data, what="request").partition("\n\n")
    lines = head.split("\n")
    if not gap or not lines[0].startswith("old "):
        raise Malformed(what="request", reason="it does not start with an old size line, or has no checkpoint")
    old_size = decimal(lines[0].removeprefix("old "), what="old size")
    return old_size, read_hashes(lines[1:], what="consistency proof"), checkpoint.encode()
