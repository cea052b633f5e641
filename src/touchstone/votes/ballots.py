"""What goes into the booth and what comes out.

The two classes that are made for every vote are not frozen: setting fields of a frozen one costs three times as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from touchstone.engine import Basis

Choice = Literal["real", "fake"]
Kind = Literal["vote", "revote", "retract"]
Door = Literal["script", "account", "form"]
NO_VOTES = Basis()


@dataclass(frozen=True, slots=True)
class Signature:
    """A reader's own signature under a vote; made in the reader's browser.

    public_key : SubjectPublicKeyInfo (DER)
    nonce      : SHA-256 of the one-time token, in hex
    version    : SHA-256 of the story version that was signed, in hex; None for a vote that is taken back
    """

    public_key: bytes
    value: bytes
    nonce: str
    version: str | None


@dataclass(slots=True)
class Ballot:
    """One reader's wish for one story, with everything that was checked before it came here.

    key     : hex of the event's UUID, made from the idempotency key
    nonce   : hex of the one-time token's UUID
    reader  : hex of the reader's UUID
    version : the story version that the reader read
    choice  : None takes the vote back
    """

    key: str
    nonce: str
    reader: str
    story: int
    version: int
    choice: Choice | None
    at_ms: int
    door: Door = "script"
    signature: Signature | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """How a reader's vote on a story stands; `reader` is the hex of the reader's UUID."""

    story: int
    reader: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a token needs to know of a story and a reader.

    version     : the newest version's row; None if the story is not published
    number      : that version's public number, from 1
    closes_ms   : when voting ends; None means never
    is_claimed  : whether the reader belongs to an account
    choice      : the reader's standing vote, if any
    event       : what made it so
    sha256      : the newest version's digest, which readers sign
    """

    story: int
    version: int | None
    number: int
    closes_ms: int | None
    is_claimed: bool
    choice: str | None
    event: str | None
    sha256: str = ""


@dataclass(slots=True)
class Recorded:
    """A vote that is durable; `event` names its receipt.

    choice : the reader's vote as it stands after this request
    kind   : None if the request changed nothing, because the vote already stood like that
    basis, last_vote_at_ms : what the story's figures follow from, right after the commit
    """

    story: int
    event: str | None
    kind: Kind | None
    choice: Choice | None
    at_ms: int
    basis: Basis = NO_VOTES
    last_vote_at_ms: int | None = None
