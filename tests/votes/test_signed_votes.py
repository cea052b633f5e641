"""Votes that the reader's own browser signed: taken, registered, provable offline; forged ones are refused."""

from __future__ import annotations

import json
import sqlite3
import uuid
from base64 import b64encode
from contextlib import closing
from typing import Any

import pytest
from tests.votes.reader_keys import MAKERS, public_half, signed_wish
from tests.web import Web, browser, counts, token, wish


def queued(web: Web, event: str) -> dict[str, Any]:
    with closing(sqlite3.connect(web.data_dir / "newsroom.sqlite3")) as database:
        public, audit = database.execute(
            "SELECT public_payload, audit_payload FROM ledger_pendingentry WHERE reference = ?", [event]
        ).fetchone()
        found: dict[str, Any] = {"public": json.loads(public), "audit": json.loads(audit)}
        found["registered"] = [
            json.loads(row[0])
            for row in database.execute("SELECT audit_payload FROM ledger_pendingentry WHERE kind = 'register'")
            if row[0]
        ]
    return found


def event_of(answer: dict[str, Any]) -> str:
    return uuid.UUID(answer["receipt"].rpartition("/")[2]).hex


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", MAKERS)
def test_a_signed_vote_is_taken_marked_and_its_key_registered_once(web: Web, kind: str) -> None:
    key = MAKERS[kind]()
    with browser(web) as reader:
        for choice in ("real", "fake", None):
            given = token(reader, web.open)
            body = signed_wish(key, given, wish(given, choice), story=web.open)
            answer = reader.post(f"/api/v1/stories/{web.open}/vote", json=body)
            assert answer.is_success, answer.text
            found = queued(web, event_of(answer.json()))
            assert found["public"].get("signed", True) is True
            assert found["audit"]["key"] == body["public_key"]
    keys = [each["key"] for each in found["registered"]]
    assert keys.count(b64encode(public_half(key)).decode()) == 1


FORGED = {
    "another choice": {"choice": "fake"},
    "another story": {"story": 999},
    "another token": {"nonce": "0" * 64},
    "another site": {"site": "evil.example"},
    "another version": {"version": "f" * 64},
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("case", FORGED)
def test_a_signature_over_anything_else_is_refused_and_nothing_recorded(web: Web, kind: str, case: str) -> None:
    before, key = counts(web, web.open), MAKERS[kind]()
    with browser(web) as reader:
        given = token(reader, web.open)
        told = {"story": web.open, **FORGED[case]}
        body = signed_wish(key, given, wish(given, "real"), **told)
        answer = reader.post(f"/api/v1/stories/{web.open}/vote", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_signature")
    assert counts(web, web.open) == before


@pytest.mark.parametrize(
    "members",
    [
        {"signature": None},
        {"public_key": None},
        {"public_key": "!!"},
        {"public_key": "AAAA"},
        {"signature": b64encode(b"\0" * 64).decode()},
        {"signature": b64encode(b"\0" * 63).decode()},
    ],
)
def test_a_key_or_signature_that_is_none_is_refused(web: Web, members: dict[str, Any]) -> None:
    key = MAKERS["Ed25519"]()
    with browser(web) as reader:
        given = token(reader, web.open)
        body = {**signed_wish(key, given, wish(given, "real"), story=web.open), **members}
        answer = reader.post(f"/api/v1/stories/{web.open}/vote", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_signature")


@pytest.mark.sqlite
def test_a_vote_without_a_key_is_counted_and_marked_unsigned(web: Web) -> None:
    with browser(web) as reader:
        answer = reader.post(f"/api/v1/stories/{web.open}/vote", json=wish(token(reader, web.open), "real")).json()
    assert queued(web, event_of(answer))["public"]["signed"] is False
