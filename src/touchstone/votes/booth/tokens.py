"""What readers carry: the signed key cookie, and the one-time token with its proof-of-work challenge."""

from __future__ import annotations

import hashlib
import hmac
import struct
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import a2b_base64
from dataclasses import dataclass
from functools import cache

from django.conf import settings

from touchstone.readers.models import new_id
from touchstone.votes.ballots import Answer, Door
from touchstone.votes.errors import (
    BadReaderKey,
    NonceForged,
    NonceMissing,
    NonceStale,
    UnknownStory,
    VotingClosed,
    WorkMissing,
)

MAC_BYTES = 16
KEY_VERSION = b"1"
KEY_BYTES = 22
BINDING_BYTES = 12
NONCE_LAYOUT = struct.Struct(">B16s16sQQIIIB12s")
NONCE_VERSION = 1
DOORS: tuple[Door, ...] = ("script", "account", "form")
ALGORITHM = "SHA-256"


@cache
def secret(purpose: str) -> bytes:
    """The site's 32-byte key for one purpose, made from SECRET_KEY."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"touchstone/votes/{purpose}".encode(), "sha256")


def _mac(purpose: str, message: bytes) -> bytes:
    # BLAKE2b has a key of its own (RFC 7693) and takes a third of HMAC's time; each vote needs three of these.
    return hashlib.blake2b(message, key=secret(purpose), digest_size=MAC_BYTES).digest()


def write_reader_key(reader: uuid.UUID, *, at_s: int) -> str:
    """The value of the reader's cookie: version, reader and second of making under a MAC."""
    body = KEY_VERSION + reader.bytes + at_s.to_bytes(KEY_BYTES - 17, "big")
    return urlsafe_b64encode(body + _mac("reader-key", body)).decode().rstrip("=")


def read_reader_key(value: str) -> tuple[uuid.UUID, int]:
    """Reader and second of making from a cookie. Raises BadReaderKey."""
    try:
        raw = urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except ValueError as err:
        raise BadReaderKey from err
    body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    is_ours = len(body) == KEY_BYTES and body[:1] == KEY_VERSION
    if not is_ours or not hmac.compare_digest(mac, _mac("reader-key", body)):
        raise BadReaderKey
    return uuid.UUID(bytes=body[1:17]), int.from_bytes(body[17:], "big")


def binding_of(cookie: str) -> bytes:
    """Twelve bytes that tie a token to the value of a cookie without showing it."""
    return hashlib.blake2b(cookie.encode(), key=secret("binding"), digest_size=BINDING_BYTES).digest()


@dataclass(slots=True)
class Nonce:
    """The right to cast one vote on one version of one story, for a few minutes.

    number  : the version's public number
    work    : largest number that the proof of work may be; 0 asks for none
    binding : ties it to the cookie that the reader has to send along: the session's, or the reader key's
    """

    id: bytes
    reader: bytes
    story: int
    version: int
    number: int
    expires_s: int
    work: int
    door: Door
    binding: bytes

    def write(self) -> str:
        """The token as text."""
        body = NONCE_LAYOUT.pack(
            NONCE_VERSION,
            self.id,
            self.reader,
            self.story,
            self.version,
            self.number,
            self.expires_s,
            self.work,
            DOORS.index(self.door),
            self.binding,
        )
        return urlsafe_b64encode(body + _mac("nonce", body)).decode()

    def challenge(self) -> dict[str, object] | None:
        """What the browser has to solve: find `number` ≤ `max` with SHA-256(salt + number) = target."""
        if not self.work:
            return None
        salt = self.id.hex()
        target = hashlib.sha256(f"{salt}{self._number()}".encode()).hexdigest()
        return {"algorithm": ALGORITHM, "salt": salt, "target": target, "max": self.work}

    def check_work(self, solution: int | None) -> None:
        """Raise WorkMissing unless the number solves the challenge."""
        if self.work and solution != self._number():
            raise WorkMissing

    def _number(self) -> int:
        # The number follows from the token, so nothing has to be remembered until the vote comes.
        return int.from_bytes(_mac("work", self.id)[:8], "big") % (self.work + 1)


def issue_nonce(*, reader: uuid.UUID, answer: Answer, cookie: str, now_s: int, door: Door, work: int) -> Nonce:
    """A fresh token for a reader and a story.

    cookie : the value of the cookie that the vote will have to come with
    Raises UnknownStory or VotingClosed.
    """
    return Nonce(
        id=new_id().bytes,
        reader=reader.bytes,
        story=answer.story,
        version=open_version(answer, now_s * 1000),
        number=answer.number,
        expires_s=now_s + settings.VOTE_TOKEN_LIFETIME_S,
        work=work,
        door=door,
        binding=binding_of(cookie),
    )


def open_version(answer: Answer, now_ms: int) -> int:
    """The version that a vote is bound to. Raises UnknownStory or VotingClosed."""
    if answer.version is None:
        raise UnknownStory(answer.story)
    if answer.closes_ms is not None and now_ms >= answer.closes_ms:
        raise VotingClosed(answer.story)
    return answer.version


def read_nonce(text: str | None, *, now_s: float) -> Nonce:
    """The token that was issued as this text. Raises NonceMissing, NonceForged or NonceStale."""
    if not text:
        raise NonceMissing
    try:
        raw = a2b_base64(text.replace("-", "+").replace("_", "/"))  # what urlsafe_b64decode does, in half its time
    except ValueError as err:
        raise NonceForged from err
    body = raw[:-MAC_BYTES]
    if len(body) != NONCE_LAYOUT.size or not hmac.compare_digest(raw[-MAC_BYTES:], _mac("nonce", body)):
        raise NonceForged
    layout, drawn, reader, story, version, number, expires_s, work, door, binding = NONCE_LAYOUT.unpack(body)
    if layout != NONCE_VERSION:
        raise NonceForged
    if now_s >= expires_s:
        raise NonceStale
    return Nonce(drawn, reader, story, version, number, expires_s, work, DOORS[door], binding)
