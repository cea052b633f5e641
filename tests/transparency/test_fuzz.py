"""Parsers answer every sequence of bytes with a value or with a refusal, never with a crash."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest
from tests.transparency.publisher import WITNESS, busy_publisher

from touchstone.transparency import (
    CHECKPOINT,
    Checkpoint,
    Leaf,
    MemoryStore,
    Note,
    Policy,
    Receipt,
    ReceiptExtra,
    SigningKey,
    TilePath,
    TransparencyError,
    VerifierKey,
    decode_bundle,
    decode_openings,
    decode_request,
    encode_request,
    list_logs,
    open_checkpoint,
    parse_canonical_json,
    payload_fields,
    verify_receipt,
)

ROUNDS = int(os.environ.get("TOUCHSTONE_FUZZ_ROUNDS", "1500"))
LOG = busy_publisher(30)
FILES = LOG.files()
POLICY_TEXT = f"log {LOG.key.verifier}\nwitness w {WITNESS.verifier} http://x/\ngroup g 1 w\nquorum g\n"
POLICY = LOG.policy()
RECEIPT = LOG.receipt(9)
SPICE = [
    b"",
    b"\n",
    b"\n\n",
    b"\0",
    b" ",
    b"+",
    b"=",
    b"\xff",
    "—".encode(),
    "é".encode(),
    b"-1",
    b"0",
    b"9" * 30,
    b"null",
    b"{",
    b"[",
    b'"',
]


def text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    """A parser of text, fed with any bytes that are UTF-8 at all."""
    return lambda data: parse(data.decode("utf-8", "surrogateescape"))


PARSERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "bundle": (
        lambda data: decode_bundle(data, width=len(LOG.leaves)),
        next(v for k, v in FILES.items() if "entries" in k),
    ),
    "canonical json": (
        lambda data: parse_canonical_json(data, what="x"),
        Leaf.parse(LOG.leaves[5], index=5).__bytes__(),
    ),
    "checkpoint": (text(Checkpoint.parse_text), Note.parse(FILES[CHECKPOINT]).text.encode()),
    "leaf": (lambda data: Leaf.parse(data, index=1), LOG.leaves[5]),
    "logs": (lambda data: list_logs(MemoryStore({"logs": data})), b"2026 a/log/2026\n2027 a/log/2027\n"),
    "note": (Note.parse, FILES[CHECKPOINT]),
    "opened checkpoint": (lambda data: open_checkpoint(data, [LOG.key.verifier]), FILES[CHECKPOINT]),
    "openings": (
        lambda data: decode_openings(data, width=len(LOG.leaves)),
        next(v for k, v in FILES.items() if "openings/" in k),
    ),
    "payload": (payload_fields, LOG.openings[5].payload if LOG.openings[5] else b""),
    "policy": (text(Policy.parse), POLICY_TEXT.encode()),
    "receipt": (Receipt.parse, RECEIPT),
    "receipt extra": (lambda data: ReceiptExtra.parse(data, index=1), Receipt.parse(RECEIPT).extra or b""),
    "request": (decode_request, encode_request(3, LOG.tree.consistency_proof(3), FILES[CHECKPOINT])),
    "signing key": (text(SigningKey.parse), LOG.key.secret_text().encode()),
    "tile path": (text(TilePath.parse), b"tile/entries/x001/x234/067.p/112"),
    "verified receipt": (lambda data: verify_receipt(data, POLICY), RECEIPT),
    "verifier key": (text(VerifierKey.parse), str(LOG.key.verifier).encode()),
}


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four small changes: flipped, dropped, doubled, inserted or spliced bytes."""
    for _change in range(rng.randrange(1, 5)):
        at, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
        match rng.randrange(6):
            case 0 if data:
                at = rng.randrange(len(data))
                data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
            case 1:
                data = data[:at] + data[at + rng.randrange(1, 9) :]
            case 2:
                data = data[:end] + data[at:end][:64] + data[end:]
            case 3:
                data = data[:at] + rng.choice(SPICE) + data[at:]
            case 4:
                data = data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]
            case _:
                data = data[:at] + data[end:]
    return data


@pytest.mark.parametrize("name", PARSERS)
def test_no_bytes_crash_a_parser(name: str) -> None:
    parse, seed = PARSERS[name]
    rng = random.Random(name)
    refused = 0
    parse(seed)
    for _round in range(ROUNDS):
        data = mutated(seed, rng) if rng.random() < 0.95 else rng.randbytes(rng.randrange(200))
        try:
            parse(data)
        except TransparencyError:
            refused += 1
    assert refused > ROUNDS // 20, "the fuzz must be able to break the seed"
