"""Log entries: what a leaf says in the open, the openings that it commits to, and the vote payload."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, cast

from .encoding import Json, canonical_json, hash_from_hex, parse_canonical_json
from .errors import EntryMismatch, Malformed, OpeningMismatch
from .tiles import MAX_ENTRY_BYTES

Kind = Literal["register", "vote", "revote", "retract", "resolve", "params", "index", "erase", "key-rotate"]
KINDS: tuple[Kind, ...] = (
    "register",
    "vote",
    "revote",
    "retract",
    "resolve",
    "params",
    "index",
    "erase",
    "key-rotate",
)
VERSION = 1
NONCE_BYTES = 32
MAX_PAYLOAD_BYTES = MAX_ENTRY_BYTES
PUBLIC_DOMAIN = b"touchstone-ledger/v1/public\n"
AUDIT_DOMAIN = b"touchstone-ledger/v1/audit\n"
_LEAF_NAMES = {"commit_audit", "commit_pub", "kind", "v"}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides: canonical JSON and the nonce that keeps it from being guessed.

    Example as JSON: {"nonce":"00…ff","payload":{"at":1700000000,"choice":"real",…}}.
    """

    payload: bytes
    nonce: bytes

    @classmethod
    def seal(cls, payload: bytes) -> Opening:
        """An opening with a fresh random nonce."""
        return cls(payload, secrets.token_bytes(NONCE_BYTES))

    def commitment(self, domain: bytes) -> bytes:
        """SHA-256(domain || nonce || payload); without the nonce nothing can be learnt from it."""
        return sha256(domain + self.nonce + self.payload).digest()

    def as_json(self) -> dict[str, Json]:
        """Nonce in hex, payload as an object. Raises Malformed if the payload is not a canonical JSON object."""
        return {"nonce": self.nonce.hex(), "payload": cast(Json, dict(payload_fields(self.payload)))}

    @classmethod
    def from_json(cls, value: Json, *, what: str) -> Opening:
        """Read {"nonce": hex, "payload": object}. Raises Malformed."""
        if not isinstance(value, dict) or set(value) != {"nonce", "payload"} or not isinstance(value["payload"], dict):
            raise Malformed(what=what, reason="not an object of nonce and payload")
        return cls(canonical_json(value["payload"]), hash_from_hex(value["nonce"], what=what))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A log entry: its kind in the open, its content behind commitments.

    Source: docs/reference/ledger-formats.md, canonical JSON of RFC 8785, at most 65,535 bytes. Example:
    {"commit_audit":null,"commit_pub":"2c26b4…","kind":"index","v":1}
    """

    kind: Kind
    commit_pub: bytes
    commit_audit: bytes | None = None

    @classmethod
    def seal(cls, kind: Kind, public: Opening, audit: Opening | None = None) -> Leaf:
        """The leaf that commits to these openings."""
        return cls(kind, public.commitment(PUBLIC_DOMAIN), audit.commitment(AUDIT_DOMAIN) if audit else None)

    def __bytes__(self) -> bytes:
        # Hand-made because a sequencer does this for every vote; a test holds it to canonical_json.
        audit = f'"{self.commit_audit.hex()}"' if self.commit_audit is not None else "null"
        public = self.commit_pub.hex()
        return f'{{"commit_audit":{audit},"commit_pub":"{public}","kind":"{self.kind}","v":{VERSION}}}'.encode()

    @classmethod
    def parse(cls, data: bytes, *, index: int) -> Leaf:
        """Read an entry's bytes; raises EntryMismatch naming the entry when they are not a canonical leaf."""
        try:
            value = parse_canonical_json(data, what="leaf")
            if not isinstance(value, dict) or set(value) != _LEAF_NAMES or value["v"] is True or value["v"] != VERSION:
                raise Malformed(what="leaf", reason=f"not an object of {', '.join(sorted(_LEAF_NAMES))} of version 1")
            if value["kind"] not in KINDS:
                raise Malformed(what="leaf", reason=f"the kind {str(value['kind'])[:20]!r} is not known")
            audit = value["commit_audit"]
            return cls(
                value["kind"],
                hash_from_hex(value["commit_pub"], what="commit_pub"),
                None if audit is None else hash_from_hex(audit, what="commit_audit"),
            )
        except Malformed as err:
            raise EntryMismatch(index=index, reason=err.reason) from err

    def require_opening(self, opening: Opening, *, index: int, which: Literal["public", "audit"] = "public") -> None:
        """Raise OpeningMismatch unless the opening is what this leaf commits to."""
        domain, expected = (PUBLIC_DOMAIN, self.commit_pub) if which == "public" else (AUDIT_DOMAIN, self.commit_audit)
        if opening.commitment(domain) != expected:
            raise OpeningMismatch(index=index, which=which)


def payload_fields(payload: bytes) -> Mapping[str, Json]:
    """The members of a canonical JSON object. Raises Malformed if it is anything else or over 65,535 bytes."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Malformed(what="payload", reason=f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are allowed")
    value = parse_canonical_json(payload, what="payload")
    if not isinstance(value, dict):
        raise Malformed(what="payload", reason="not an object")
    return value


def make_payload(fields: Mapping[str, Json]) -> bytes:
    """Canonical JSON of a payload's members. Raises Malformed for fractions, deep nesting or over 65,535 bytes."""
    payload = canonical_json(dict(fields))
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Malformed(what="payload", reason=f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are allowed")
    return payload


@dataclass(frozen=True, slots=True)
class ReceiptExtra:
    """What a receipt carries beside the proof: the leaf and what it commits to.

    Nothing in it is authenticated by itself (c2sp.org/tlog-proof, "Format"): the inclusion proof authenticates the
    leaf, and the leaf's commitments the openings. Example:
    {"audit":null,"leaf":{"commit_audit":"9f…","commit_pub":"2c…","kind":"vote","v":1},"public":{"nonce":"…","payload":{…}}}
    """

    leaf: Leaf
    public: Opening
    audit: Opening | None = None

    def __bytes__(self) -> bytes:
        leaf = parse_canonical_json(bytes(self.leaf), what="leaf")
        audit: Json = self.audit.as_json() if self.audit else None
        return canonical_json({"audit": audit, "leaf": leaf, "public": self.public.as_json()})

    @classmethod
    def parse(cls, data: bytes | None, *, index: int) -> ReceiptExtra:
        """Read a receipt's extra data; the openings are not yet checked. Raises Malformed or EntryMismatch."""
        if data is None:
            raise Malformed(what="receipt", reason="it has no extra line, so it does not say what was recorded")
        value = parse_canonical_json(data, what="receipt extra")
        if not isinstance(value, dict) or set(value) != {"audit", "leaf", "public"}:
            raise Malformed(what="receipt extra", reason="not an object of audit, leaf and public")
        leaf = Leaf.parse(canonical_json(value["leaf"]), index=index)
        public = Opening.from_json(value["public"], what="public opening")
        audit = None if value["audit"] is None else Opening.from_json(value["audit"], what="audit opening")
        return cls(leaf, public, audit)

    def require_openings(self, *, index: int) -> None:
        """Raise OpeningMismatch unless every opening given is what the leaf commits to."""
        self.leaf.require_opening(self.public, index=index)
        if self.audit is not None:
            self.leaf.require_opening(self.audit, index=index, which="audit")
