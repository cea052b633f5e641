"""Leaves commit to their openings, in the one spelling that RFC 8785 allows."""

from __future__ import annotations

import hashlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from touchstone.transparency import (
    KINDS,
    EntryMismatch,
    Leaf,
    Malformed,
    Opening,
    OpeningMismatch,
    canonical_json,
    decode_openings,
    encode_openings,
    make_payload,
    parse_canonical_json,
    payload_fields,
)

NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
PUBLIC = Opening(make_payload({"at": 1700000000, "choice": "real", "story": 7}), bytes(range(32)))
AUDIT = Opening(make_payload({"reader": "ab"}), b"\x01" * 32)


@given(VALUES)
def test_canonical_json_is_that_of_rfc_8785(value: object) -> None:
    try:
        ours = canonical_json(value)  # type: ignore[arg-type]
    except Malformed:
        return
    assert ours == rfc8785.dumps(value)  # type: ignore[arg-type]
    assert parse_canonical_json(ours, what="value") == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" {}",
        b"{} ",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\u0061"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"\xc3\xa9":1}',
        b"\xef\xbb\xbf{}",
        b"\xff",
        b"[" * 100_000,
        b"[" * 10 + b"]" * 10,
    ],
)
def test_other_spellings_of_json_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_canonical_json(data, what="value")


@pytest.mark.parametrize("value", [1.5, {"a": 2**60}, {"é": 1}, {1: 2}, b"x", {"a": "\ud800"}])
def test_values_that_json_cannot_hold_exactly_are_refused(value: object) -> None:
    with pytest.raises(Malformed):
        canonical_json(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("audit", [None, AUDIT])
def test_a_leaf_is_canonical_and_reads_back(kind: str, audit: Opening | None) -> None:
    leaf = Leaf.seal(kind, PUBLIC, audit)  # type: ignore[arg-type]
    assert bytes(leaf) == rfc8785.dumps(json.loads(bytes(leaf)))
    assert Leaf.parse(bytes(leaf), index=4) == leaf
    leaf.require_opening(PUBLIC, index=4)
    if audit:
        leaf.require_opening(audit, index=4, which="audit")


def test_a_commitment_is_the_hash_of_domain_nonce_and_payload() -> None:
    by_hand = hashlib.sha256(b"touchstone-ledger/v1/public\n" + PUBLIC.nonce + PUBLIC.payload).digest()
    assert Leaf.seal("vote", PUBLIC).commit_pub == by_hand
    assert Leaf.seal("vote", PUBLIC, PUBLIC).commit_audit != by_hand


def test_another_payload_nonce_or_role_does_not_open_a_leaf() -> None:
    leaf = Leaf.seal("vote", PUBLIC, AUDIT)
    for opening, which in (
        (Opening(PUBLIC.payload.replace(b"real", b"fake"), PUBLIC.nonce), "public"),
        (Opening(PUBLIC.payload, AUDIT.nonce), "public"),
        (AUDIT, "public"),
        (PUBLIC, "audit"),
    ):
        with pytest.raises(OpeningMismatch, match=f"the {which} opening of entry 9"):
            leaf.require_opening(opening, index=9, which=which)  # type: ignore[arg-type]
    with pytest.raises(OpeningMismatch):
        Leaf.seal("index", PUBLIC).require_opening(AUDIT, index=9, which="audit")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"v":1', '"v":2'),
        ('"v":1', '"v":true'),
        ('"v":1', '"v":1,"w":1'),
        ('"kind":"vote"', '"kind":"wote"'),
        ('"kind":"vote"', '"kind":["vote"]'),
        ("commit_pub", "commit_bup"),
        ('"commit_audit":null', '"commit_audit":0'),
        ('"commit_audit":null', '"commit_audit":"00"'),
        ("{", "{ "),
        ("}", "}\n"),
    ],
)
def test_leaves_that_are_not_canonical_are_refused_by_number(old: str, new: str) -> None:
    data = bytes(Leaf.seal("vote", PUBLIC)).decode().replace(old, new).encode()
    with pytest.raises(EntryMismatch, match="entry 1234 "):
        Leaf.parse(data, index=1234)


def test_openings_are_one_line_an_entry() -> None:
    data = encode_openings([PUBLIC, None, AUDIT])
    assert data.count(b"\n") == 3
    assert decode_openings(data, width=3) == [PUBLIC, None, AUDIT]
    for broken in (data[:-1], data + b"null\n", data.replace(b"null", b"nul"), data.replace(b"null", b"{}"), b""):
        with pytest.raises(Malformed):
            decode_openings(broken, width=3)


def test_payloads_are_objects_of_bounded_size() -> None:
    assert payload_fields(PUBLIC.payload)["choice"] == "real"
    with pytest.raises(Malformed, match="not an object"):
        payload_fields(b"[]")
    for action in (lambda: make_payload({"a": "x" * 65_536}), lambda: payload_fields(b'"' + b"x" * 65_536 + b'"')):
        with pytest.raises(Malformed, match="at most 65535"):
            action()


def test_sealed_openings_never_share_a_nonce() -> None:
    assert Opening.seal(b"{}").nonce != Opening.seal(b"{}").nonce
