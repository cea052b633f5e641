"""Trust policies (c2sp.org/tlog-policy): which logs, which witnesses, and how many of them must stand together."""

from __future__ import annotations

from dataclasses import dataclass, field

from .checkpoint import SignedCheckpoint, open_checkpoint
from .cosignature import cosigned_at
from .errors import Malformed, QuorumMissed
from .note import COSIGNATURE_V1, ED25519, Note, VerifierKey

NONE = "none"
_MAX_LINES = 300


@dataclass(frozen=True, slots=True)
class Group:
    """`threshold` of these witnesses or groups."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """Known logs, known witnesses, groups of them, and the quorum a checkpoint needs.

    Source: c2sp.org/tlog-policy. Example:
        log example.com/log+1a2b3c4d+AQ…=
        witness W1 w1.example+5e6f7a8b+BA…= https://w1.example/
        group any-one any W1
        quorum any-one
    """

    logs: dict[str, VerifierKey] = field(default_factory=dict)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    quorum: str = NONE

    @classmethod
    def parse(cls, text: str) -> Policy:
        """Read a policy file. Raises Malformed, naming the line."""
        lines = text.split("\n")
        if len(lines) > _MAX_LINES:
            raise Malformed(what="policy", reason=f"more than {_MAX_LINES} lines")
        reader = _PolicyReader()
        for number, line in enumerate(lines, start=1):
            reader.read(line, where=f"policy line {number}")
        if not reader.has_quorum:
            raise Malformed(what="policy", reason="no quorum line; write 'quorum none' to ask for no witness")
        return reader.policy

    @classmethod
    def for_log(cls, *keys: VerifierKey) -> Policy:
        """A policy that trusts these log keys and asks for no witness."""
        return cls(logs={str(key): key for key in keys})

    def open(self, data: bytes) -> SignedCheckpoint:
        """Verify a signed checkpoint's log signature and its quorum of cosignatures.

        Raises Malformed, SignatureInvalid, Unsigned, WrongOrigin or QuorumMissed.
        """
        signed = open_checkpoint(data, self.logs.values())
        self.require_quorum(signed.note)
        return signed

    def cosigners(self, note: Note) -> tuple[str, ...]:
        """Names of the witnesses whose cosignature on the note fits, in the policy's order.

        A line under a known witness that does not fit is SignatureInvalid: the note was tampered with.
        """
        return tuple(name for name, key in self.witnesses.items() if cosigned_at(note, key) is not None)

    def require_quorum(self, note: Note) -> tuple[str, ...]:
        """Names of the witnesses that cosigned; raises QuorumMissed if they are too few."""
        seen = self.cosigners(note)
        if not self._stands(self.quorum, frozenset(seen)):
            raise QuorumMissed(quorum=self.quorum, seen=seen)
        return seen

    def _stands(self, name: str, seen: frozenset[str]) -> bool:
        if name == NONE:
            return True
        if name in self.witnesses:
            return name in seen
        group = self.groups[name]
        return sum(self._stands(member, seen) for member in group.members) >= group.threshold


class _PolicyReader:
    """Reads a policy line by line; names must be defined before they are used."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.has_quorum = False
        self._public_keys: set[tuple[int, bytes]] = set()
        self._members: set[str] = set()

    def read(self, line: str, *, where: str) -> None:
        """Take in one line."""
        if any((character < " " and character != "\t") or character == "\x7f" for character in line):
            raise Malformed(what=where, reason="a control character")
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            return
        readers = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if words[0] not in readers:
            raise Malformed(what=where, reason=f"{words[0][:40]!r} is not log, witness, group or quorum")
        readers[words[0]](words[1:], where)

    def _log(self, words: list[str], where: str) -> None:
        self._require(1 <= len(words) <= 2, where, "write: log VKEY [URL]")
        key = self._key(words[0], ED25519, where)
        self.policy.logs[words[0]] = key
        self.policy.urls.update({words[0]: words[1]} if len(words) > 1 else {})

    def _witness(self, words: list[str], where: str) -> None:
        self._require(2 <= len(words) <= 3, where, "write: witness NAME VKEY [URL]")
        self._new_name(words[0], where)
        self.policy.witnesses[words[0]] = self._key(words[1], COSIGNATURE_V1, where)
        self.policy.urls.update({words[0]: words[2]} if len(words) > 2 else {})

    def _group(self, words: list[str], where: str) -> None:
        self._require(len(words) >= 3, where, "write: group NAME all|any|K MEMBER…")
        name, count, *members = words
        self._new_name(name, where)
        for member in members:
            self._require(self._is_defined(member), where, f"{member!r} is not defined above")
            self._require(member not in self._members, where, f"{member!r} is a member twice")
            self._members.add(member)
        plain = count.isascii() and count.isdigit() and not count.startswith("0") and len(count) <= 4
        threshold = {"any": 1, "all": len(members)}.get(count, int(count) if plain else 0)
        self._require(1 <= threshold <= len(members), where, f"{count!r} is not between 1 and {len(members)}")
        self.policy.groups[name] = Group(threshold, tuple(members))

    def _quorum(self, words: list[str], where: str) -> None:
        self._require(not self.has_quorum, where, "a second quorum line")
        self._require(len(words) == 1, where, "write: quorum NAME")
        self._require(words[0] == NONE or self._is_defined(words[0]), where, f"{words[0]!r} is not defined above")
        self.policy.quorum = words[0]
        self.has_quorum = True

    def _key(self, text: str, type_: int, where: str) -> VerifierKey:
        key = VerifierKey.parse(text)
        self._require(key.type == type_, where, f"the key is of type {key.type}, not {type_}")
        self._require((type_, key.public) not in self._public_keys, where, "this public key is already listed")
        self._public_keys.add((type_, key.public))
        return key

    def _new_name(self, name: str, where: str) -> None:
        self._require(name != NONE and not self._is_defined(name), where, f"the name {name!r} is taken")

    def _is_defined(self, name: str) -> bool:
        return name in self.policy.witnesses or name in self.policy.groups

    @staticmethod
    def _require(holds: bool, where: str, reason: str) -> None:
        if not holds:
            raise Malformed(what=where, reason=reason)
