"""Signed notes (c2sp.org/signed-note) with Ed25519 keys: parse, verify, sign."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .encoding import from_base64, to_base64, utf8
from .errors import Malformed, SignatureInvalid, Unsigned

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE_BYTES = 256 * 1024
MAX_SIGNATURES = 64
_DASH = "— "
_KEY_BYTES = 32
_ID_BYTES = 4
_HEX_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, with the signature type it is used for.

    Source: c2sp.org/signed-note, "Signatures"; key ID = SHA-256(name || 0x0A || type || public key)[:4].
    Example: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".
    """

    name: str
    public: bytes
    type: int = ED25519

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if self.type not in (ED25519, COSIGNATURE_V1):
            raise Malformed(what=f"key {self.name}", reason=f"signature type {self.type} is not supported")
        if len(self.public) != _KEY_BYTES:
            raise Malformed(what=f"key {self.name}", reason=f"an Ed25519 key has {_KEY_BYTES} bytes")

    @property
    def key_id(self) -> bytes:
        """The four bytes that tell this key from others of its name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read the `name+id+base64(type || key)` form. Raises Malformed."""
        name, _, rest = text.partition("+")
        id_text, _, key_text = rest.partition("+")
        blob = from_base64(key_text, what="verifier key")
        if not _HEX_ID.fullmatch(id_text) or not blob:
            raise Malformed(what="verifier key", reason="not of the form name+id+base64")
        key = cls(name, blob[1:], blob[0])
        if key.key_id.hex() != id_text:
            raise Malformed(what=f"key {name}", reason=f"its id is {key.key_id.hex()}, not {id_text}")
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.type]) + self.public)}"

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether a raw Ed25519 signature is this key's over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: em dash, space, key name, space, base64 of key ID and signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> SignatureLine:
        """Read one line without its newline. Raises Malformed."""
        parts = line.removeprefix(_DASH).split(" ")
        if not line.startswith(_DASH) or len(parts) != 2:
            raise Malformed(what="signature line", reason=f"{line[:40]!r} is not '— name base64'")
        name, encoded = parts
        check_key_name(name)
        blob = from_base64(encoded, what=f"signature by {name}")
        if len(blob) <= _ID_BYTES:
            raise Malformed(what=f"signature by {name}", reason="shorter than a key ID and a signature")
        return cls(name, blob[:_ID_BYTES], blob[_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signature lines below it; nothing in it is to be trusted before `signatures_by`."""

    text: str
    signatures: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Split a signed note at its last empty line. Raises Malformed.

        Source: c2sp.org/signed-note, "Format". Example: b"text\\n\\n\\xe2\\x80\\x94 name AAAA...=\\n".
        """
        if len(data) > MAX_NOTE_BYTES:
            raise Malformed(what="note", reason=f"longer than {MAX_NOTE_BYTES} bytes")
        text = utf8(data, what="note")
        cut = text.rfind("\n\n")
        if cut < 1 or not text.endswith("\n"):
            raise Malformed(what="note", reason="no empty line between text and signatures, or no final newline")
        lines = text[cut + 2 : -1].split("\n") if cut + 2 < len(text) else []
        if not 1 <= len(lines) <= MAX_SIGNATURES:
            raise Malformed(what="note", reason=f"{len(lines)} signature lines; 1 to {MAX_SIGNATURES} are allowed")
        return cls(text[: cut + 1], tuple(SignatureLine.parse(line) for line in lines))

    def __bytes__(self) -> bytes:
        return (self.text + "\n" + "".join(map(str, self.signatures))).encode()

    def signatures_by(self, key: VerifierKey) -> list[SignatureLine]:
        """The lines that name this key and its ID, not yet verified."""
        return [line for line in self.signatures if line.name == key.name and line.key_id == key.key_id]

    def require_signature(self, keys: Iterable[VerifierKey]) -> VerifierKey:
        """The first of the plain Ed25519 keys that signed.

        Lines under unknown keys are ignored. Raises SignatureInvalid when a line under a known key does not fit,
        Unsigned when there is no line under any of them. Source: c2sp.org/signed-note, "Signatures".
        """
        wanted = tuple(keys)
        signers = [key for key in wanted if self._is_signed_by(key)]
        if not signers:
            raise Unsigned(wanted=tuple(key.name for key in wanted), found=tuple(line.name for line in self.signatures))
        return signers[0]

    def _is_signed_by(self, key: VerifierKey) -> bool:
        lines = self.signatures_by(key) if key.type == ED25519 else []
        for line in lines:
            if not key.fits(self.text.encode(), line.signature):
                raise SignatureInvalid(key_name=key.name)
        return bool(lines)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key under a name; its text form is a secret.

    Example: "PRIVATE+KEY+example.com/log+1a2b3c4d+AQ…=" (type byte and 32-byte seed in base64).
    """

    name: str
    seed: bytes
    type: int = ED25519

    @classmethod
    def generate(cls, name: str, type: int = ED25519) -> SigningKey:
        """A new random key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), type)

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read the secret text form; the error never repeats the secret. Raises Malformed."""
        head, _, rest = text.partition("PRIVATE+KEY+")
        parts = rest.split("+", 2)
        if head or len(parts) != 3:
            raise Malformed(what="signing key", reason="not of the form PRIVATE+KEY+name+id+base64")
        blob = from_base64(parts[2], what="signing key")
        if len(blob) != 1 + _KEY_BYTES:
            raise Malformed(what="signing key", reason=f"not a type byte and {_KEY_BYTES} bytes")
        key = cls(parts[0], blob[1:], blob[0])
        if key.verifier.key_id.hex() != parts[1]:
            raise Malformed(what="signing key", reason="its id does not fit its name and key")
        return key

    def secret_text(self) -> str:
        """The text form to keep in a file that only the log's process can read."""
        encoded = to_base64(bytes([self.type]) + self.seed)
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{encoded}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, private.public_key().public_bytes_raw(), self.type)

    def raw_signature(self, message: bytes) -> bytes:
        """64-byte Ed25519 signature; the same message always gives the same bytes. Source: RFC 8032."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def sign(self, text: str) -> SignatureLine:
        """The signature line for a note text, which must end in a newline. Raises Malformed."""
        if not text.endswith("\n"):
            raise Malformed(what="note text", reason="it must end in a newline")
        utf8(text.encode(), what="note text")
        return SignatureLine(self.name, self.verifier.key_id, self.raw_signature(text.encode()))

    def __repr__(self) -> str:
        return f"SigningKey(name={self.name!r}, type={self.type})"


def check_key_name(name: str) -> None:
    """Raise Malformed unless a key name is non-empty and free of spaces, plus signs and control characters."""
    is_plain = name and "+" not in name and not any(c.isspace() or c < " " or "\ud800" <= c <= "\udfff" for c in name)
    if not is_plain:
        raise Malformed(what="key name", reason=f"{name[:40]!r} is empty or has a space, plus or control character")
