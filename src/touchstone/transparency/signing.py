"""A reader's own signature under a vote: the text that is signed, and its check."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from .encoding import Json, from_base64
from .entries import ReceiptExtra, payload_fields
from .errors import Malformed, VoteSignatureInvalid

SIGNATURE_BYTES = 64
LONGEST_KEY = 128
NOT_NAMED = "-"


def vote_text(*, site: str, story: int, version: str | None, choice: str | None, nonce: str) -> bytes:
    """The bytes that a reader's key signs.

    site    : host (and port) of the site, as in its logs' origins
    version : SHA-256 of the story version, 64 hex digits; None for a vote that is taken back
    choice  : "real", "fake", or None to take the vote back
    nonce   : SHA-256 of the one-time token as it was sent, 64 hex digits
    Example: b"touchstone-vote/v1\\nsite news.example\\nstory 17\\nversion 9f86…\\nvote real\\nnonce 2c26…\\n".
    """
    lines = [
        "touchstone-vote/v1",
        f"site {site}",
        f"story {story}",
        f"version {version or NOT_NAMED}",
        f"vote {choice or NOT_NAMED}",
        f"nonce {nonce}",
    ]
    return ("\n".join(lines) + "\n").encode()


def token_digest(token: str) -> str:
    """What stands for a one-time token in the signed text: its SHA-256 in hex; the token itself names the reader."""
    return sha256(token.encode()).hexdigest()


def is_signed_by(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether a WebCrypto signature is that key's over the text.

    public_key : SubjectPublicKeyInfo (DER) of an Ed25519 key (RFC 8410) or a P-256 key (RFC 5480)
    signature  : 64 bytes; for P-256 r and s side by side (IEEE P1363), over SHA-256
    """
    if len(signature) != SIGNATURE_BYTES or len(public_key) > LONGEST_KEY:
        return False
    try:
        key = load_der_public_key(public_key)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, text)
            return True
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(encode_dss_signature(r, s), text, ECDSA(SHA256()))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return False


def has_reader_signature(extra: ReceiptExtra, *, site: str, index: int) -> bool:
    """Whether a receipt's private half holds the reader's signature, which then fits; False if the vote is unsigned.

    Raises VoteSignatureInvalid when the signature does not fit, or when the public half claims another thing.
    """
    audit = extra.audit.payload if extra.audit is not None else None
    return bool(signer_of(extra.leaf.kind, extra.public.payload, audit, site, index))


def signer_of(kind: str, public: bytes, audit: bytes | None, site: str, index: int) -> str | None:
    """The key that signed a vote, in base64, its signature checked; None for other entries and unsigned votes."""
    if kind not in ("vote", "revote", "retract") or audit is None:
        return None
    told, private = payload_fields(public), payload_fields(audit)
    key, signature = private.get("key"), private.get("signature")
    if told.get("signed", key is not None) is not (key is not None):
        raise VoteSignatureInvalid(index=index, reason="the public half says otherwise")
    if key is None:
        return None
    if not is_signed_by(_bytes(key), _bytes(signature), _text_of(told, private, site)):
        raise VoteSignatureInvalid(index=index, reason="it does not fit what was recorded")
    return str(key)


def _text_of(told: Mapping[str, Json], private: Mapping[str, Json], site: str) -> bytes:
    story, version, choice = told.get("story"), told.get("version"), told.get("choice")
    if not isinstance(story, int):
        raise Malformed(what="vote", reason="it names no story")
    return vote_text(
        site=site,
        story=story,
        version=None if version is None else str(version),
        choice=None if choice is None else str(choice),
        nonce=str(private.get("nonce")),
    )


def _bytes(value: Json) -> bytes:
    return from_base64(value, what="reader's signature") if isinstance(value, str) else b""
