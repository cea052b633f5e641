"""Reader-held keys as a browser's WebCrypto makes and uses them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from touchstone.transparency import token_digest, vote_text

Key = Ed25519PrivateKey | EllipticCurvePrivateKey
MAKERS = {"Ed25519": Ed25519PrivateKey.generate, "P-256": lambda: generate_private_key(SECP256R1())}


def public_half(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def sign(key: Key, text: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(text)
    r, s = decode_dss_signature(key.sign(text, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed_wish(key: Key, given: dict[str, Any], body: dict[str, Any], *, story: int, **told: Any) -> dict[str, Any]:
    """The body of a vote with a signature; `told` is signed in place of what is so."""
    parts = {
        "site": given["site"],
        "story": story,
        "version": given["version_sha256"] if body["vote"] else None,
        "choice": body["vote"],
        "nonce": token_digest(given["nonce"]),
        **told,
    }
    return {
        **body,
        "public_key": b64encode(public_half(key)).decode(),
        "signature": b64encode(sign(key, vote_text(**parts))).decode(),
        "version_sha256": parts["version"] or given["version_sha256"],
    }
