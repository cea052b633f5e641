"""Witness cosignatures (c2sp.org/tlog-cosignature, Ed25519 v1): a timestamped statement that a log only grew."""

from __future__ import annotations

from .encoding import MAX_TREE_SIZE
from .errors import Malformed, SignatureInvalid
from .note import COSIGNATURE_V1, Note, SignatureLine, SigningKey, VerifierKey

_TIME_BYTES = 8
_BLOB_BYTES = _TIME_BYTES + 64


def cosigned_message(text: str, *, timestamp_s: int) -> bytes:
    """The bytes a witness signs for a checkpoint text.

    Source: c2sp.org/tlog-cosignature, "Ed25519 signed message".
    Example: b"cosignature/v1\\ntime 1679315147\\n" and then the checkpoint's text.
    """
    if not 0 <= timestamp_s <= MAX_TREE_SIZE:
        raise Malformed(what="cosignature", reason="its time does not fit 63 bits")
    return f"cosignature/v1\ntime {timestamp_s}\n{text}".encode()


def cosign(text: str, *, key: SigningKey, timestamp_s: int) -> SignatureLine:
    """The line a witness adds to a checkpoint: 8 bytes of POSIX seconds and an Ed25519 signature."""
    signature = key.raw_signature(cosigned_message(text, timestamp_s=timestamp_s))
    blob = timestamp_s.to_bytes(_TIME_BYTES, "big") + signature
    return SignatureLine(key.name, key.verifier.key_id, blob)


def cosigned_at(note: Note, key: VerifierKey) -> int | None:
    """POSIX seconds of this witness's newest cosignature on a note; None if it has none.

    Raises SignatureInvalid when a line under this key does not fit, Malformed when it is not 72 bytes long.
    """
    if key.type != COSIGNATURE_V1:
        raise Malformed(what=f"witness key {key.name}", reason="it is not a cosignature key (type 4)")
    times = [_verified_time(note.text, line, key) for line in note.signatures_by(key)]
    return max(times, default=None)


def _verified_time(text: str, line: SignatureLine, key: VerifierKey) -> int:
    if len(line.signature) != _BLOB_BYTES:
        raise Malformed(what=f"cosignature by {key.name}", reason=f"not {_BLOB_BYTES} bytes long")
    timestamp_s = int.from_bytes(line.signature[:_TIME_BYTES], "big")
    if not key.fits(cosigned_message(text, timestamp_s=timestamp_s), line.signature[_TIME_BYTES:]):
        raise SignatureInvalid(key_name=key.name)
    return timestamp_s
