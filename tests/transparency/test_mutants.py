"""A thousand ways to tamper with a published log: each is refused, each for the right reason."""

from __future__ import annotations

import copy
import random
import runpy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from tests.transparency.publisher import Publisher, busy_publisher, counts_of, simple_score

from touchstone import transparency
from touchstone.cli.standalone import build_standalone
from touchstone.transparency import (
    CHECKPOINT,
    Checkpoint,
    Note,
    Receipt,
    ReceiptExtra,
    SigningKey,
    decode_bundle,
    encode_bundle,
    open_checkpoint,
)

RUNS = 1000
HONEST = busy_publisher()
SIZE = len(HONEST.leaves)
FILES = HONEST.files()
SEEN_SIZE = 290
SEEN = open_checkpoint(HONEST.checkpoint(SEEN_SIZE), [HONEST.key.verifier]).checkpoint
ENTRY_FILES = ["tile/entries/000", f"tile/entries/001.p/{SIZE - 256}"]


@dataclass(frozen=True)
class Mutant:
    """Tampered files (or one receipt), and the steps at which a verifier may rightly refuse them."""

    steps: frozenset[str]
    files: dict[str, bytes] | None = None
    receipt: bytes | None = None


Maker = Callable[[random.Random], Mutant]


def of(*steps: str, **content: object) -> Mutant:
    return Mutant(frozenset(steps), **content)  # type: ignore[arg-type]


def flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def steps_for(path: str) -> tuple[str, ...]:
    """What altered bytes of a file of this kind may be refused for."""
    if path == CHECKPOINT:
        return ("signature", "format", "quorum", "origin")
    if "openings" in path:
        return ("opening", "format", "index", "replay")
    return ("entry", "format", "missing") if "entries" in path else ("tree",)


def forked(rng: random.Random) -> Publisher:
    """The same log with one early vote changed, signed by the publisher's own key."""
    other = Publisher()
    victim = rng.randrange(3, SEEN_SIZE)
    for index, opening in enumerate(HONEST.openings):
        leaf = HONEST.leaves[index]
        other.leaves.append(leaf.replace(b'"v":1', b'"v":1') if index != victim else HONEST.leaves[victim - 1])
        other.openings.append(opening if index != victim else HONEST.openings[victim - 1])
    other.tree.append(other.leaves)
    return other


def delete_file(rng: random.Random) -> Mutant:
    path = rng.choice(sorted(FILES))
    files = {name: content for name, content in FILES.items() if name != path}
    if path == "openings":
        return of("opening", files={**files, "openings": b"0\n", "tile/openings/000": b"null\n" * 256})
    return of("opening" if "openings" in path else "missing", files=files)


def delete_entry(rng: random.Random) -> Mutant:
    path = rng.choice(ENTRY_FILES)
    entries = decode_bundle(FILES[path], width=256 if path.endswith("000") else SIZE - 256)
    entries.pop(rng.randrange(len(entries)))
    return of("format", files={**FILES, path: encode_bundle(entries)})


def drop_from_tree(rng: random.Random) -> Mutant:
    other = Publisher()
    gone = rng.randrange(SIZE)
    other.leaves = HONEST.leaves[:gone] + HONEST.leaves[gone + 1 :] + [HONEST.leaves[-1]]
    other.openings = HONEST.openings[:gone] + HONEST.openings[gone + 1 :] + [HONEST.openings[-1]]
    other.tree.append(other.leaves)
    return of("tree", files={**other.files(), CHECKPOINT: FILES[CHECKPOINT]})


def alter_byte(rng: random.Random) -> Mutant:
    path = rng.choice(sorted(set(FILES) - {"openings"}))
    return of(*steps_for(path), files={**FILES, path: flip(FILES[path], rng)})


def reorder_entries(rng: random.Random) -> Mutant:
    path = rng.choice(ENTRY_FILES)
    entries = decode_bundle(FILES[path], width=256 if path.endswith("000") else SIZE - 256)
    first, second = rng.sample(range(len(entries)), 2)
    entries[first], entries[second] = entries[second], entries[first]
    return of("entry", files={**FILES, path: encode_bundle(entries)})


def reorder_tree(rng: random.Random) -> Mutant:
    other = Publisher()
    order = list(range(SIZE))
    first, second = rng.sample(order, 2)
    order[first], order[second] = second, first
    other.leaves = [HONEST.leaves[index] for index in order]
    other.openings = [HONEST.openings[index] for index in order]
    other.tree.append(other.leaves)
    return of("tree", files={**other.files(), CHECKPOINT: FILES[CHECKPOINT]})


def truncate(rng: random.Random) -> Mutant:
    path = rng.choice(sorted(set(FILES) - {"openings"}))
    cut = FILES[path][: rng.randrange(len(FILES[path]))]
    return of(*steps_for(path), files={**FILES, path: cut})


def fork(rng: random.Random) -> Mutant:
    other = forked(rng)
    return of("fork", files=other.files(rng.choice([SEEN_SIZE, SIZE])))


def stale(rng: random.Random) -> Mutant:
    return of("stale", files=HONEST.files(rng.randrange(4, SEEN_SIZE)))


def wrong_key(rng: random.Random) -> Mutant:
    key = SigningKey(HONEST.key.name, rng.randbytes(32))
    return of("signature", files={**FILES, CHECKPOINT: HONEST.checkpoint(key=key)})


def wrong_origin(rng: random.Random) -> Mutant:
    head = Checkpoint(f"other.example/log/{rng.randrange(3000)}", SIZE, HONEST.tree.root())
    note = Note(head.text, (HONEST.key.sign(head.text),))
    return of("origin", files={**FILES, CHECKPOINT: bytes(note)})


def no_witness(_rng: random.Random) -> Mutant:
    return of("quorum", files={**FILES, CHECKPOINT: HONEST.checkpoint(witnessed=False)})


def swap_opening(rng: random.Random) -> Mutant:
    path = "tile/openings/000"
    lines = FILES[path].split(b"\n")
    first, second = rng.sample(range(256), 2)
    lines[first] = lines[second]
    return of("opening", files={**FILES, path: b"\n".join(lines)})


def withhold_openings(rng: random.Random) -> Mutant:
    path = "tile/openings/000"
    lines = FILES[path].split(b"\n")
    for index in rng.sample(range(256), 3):
        lines[index] = b"null"
    return of("opening", files={**FILES, path: b"\n".join(lines)})


def forge_index(rng: random.Random) -> Mutant:
    other = copy.deepcopy(HONEST)
    story = rng.randrange(1, 4)
    real, fake = counts_of(other)[story]
    other.index({story: rng.choice([(real + rng.randrange(1, 9), fake), (real, fake + 3), (real - 1, fake + 1)])})
    return of("index", files=other.files())


def stuff_votes(rng: random.Random) -> Mutant:
    other = copy.deepcopy(HONEST)
    other.vote(f"r{3 * rng.randrange(10, 90)}", 1, "real")
    return of("replay", files=other.files())


def spoil_receipt(rng: random.Random) -> Mutant:
    index = rng.randrange(3, 300)
    receipt = Receipt.parse(HONEST.receipt(index))
    other = Receipt.parse(HONEST.receipt((index - 3 + rng.randrange(1, 290)) % 290 + 3))
    extra, swapped = (ReceiptExtra.parse(one.extra, index=one.index) for one in (receipt, other))
    hashes = list(receipt.hashes)
    at = rng.randrange(len(hashes))
    choices: list[tuple[str, Receipt]] = [
        ("inclusion", replace(receipt, index=other.index)),
        ("inclusion", replace(receipt, hashes=(*hashes[:at], flip(hashes[at], rng), *hashes[at + 1 :]))),
        ("inclusion", replace(receipt, hashes=tuple(hashes[:at]))),
        ("inclusion", replace(receipt, extra=other.extra)),
        ("inclusion", replace(receipt, checkpoint=HONEST.checkpoint(SIZE - rng.randrange(1, 9)))),
        ("opening", replace(receipt, extra=bytes(replace(extra, public=swapped.public)))),
        ("quorum", replace(receipt, checkpoint=HONEST.checkpoint(witnessed=False))),
        ("signature", replace(receipt, checkpoint=HONEST.checkpoint(key=SigningKey(HONEST.key.name, b"\7" * 32)))),
    ]
    step, spoilt = rng.choice(choices)
    return of(step, receipt=bytes(spoilt))


MAKERS: list[Maker] = [
    delete_file,
    delete_entry,
    drop_from_tree,
    alter_byte,
    reorder_entries,
    reorder_tree,
    truncate,
    fork,
    stale,
    wrong_key,
    wrong_origin,
    no_witness,
    swap_opening,
    withhold_openings,
    forge_index,
    stuff_votes,
    spoil_receipt,
]


@pytest.fixture(scope="module", params=["package", "one file"])
def verifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The verifier's functions: as installed, or of the one file that an auditor carries."""
    if request.param == "package":
        return transparency
    file = tmp_path_factory.mktemp("verifier") / "touchstone_verify.py"
    file.write_text(build_standalone(), encoding="utf-8")
    return SimpleNamespace(**runpy.run_path(str(file), run_name="verifier"))


def policy_for(verifier: Any) -> Any:
    own = HONEST.policy()
    groups = [f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in own.groups.items()]
    logs = [f"log {key}" for key in own.logs]
    witnesses = [f"witness {name} {key}" for name, key in own.witnesses.items()]
    return verifier.Policy.parse("\n".join([*logs, *witnesses, *groups, f"quorum {own.quorum}", ""]))


def check(verifier: Any, files: dict[str, bytes]) -> None:
    """What `touchstone verify index --from` does, with the tests' own scorer."""
    seen = verifier.Checkpoint(SEEN.origin, SEEN.size, SEEN.root)
    [log] = verifier.open_site(verifier.MemoryStore(files), policy_for(verifier), seen=seen)
    verifier.replay(log.entries, score=simple_score)


def check_mutant(verifier: Any, mutant: Mutant) -> None:
    """Check whatever was tampered with."""
    if mutant.receipt is not None:
        verifier.verify_receipt(mutant.receipt, policy_for(verifier))
    else:
        check(verifier, mutant.files or {})


def test_the_honest_log_and_all_its_receipts_are_accepted(verifier: Any) -> None:
    check(verifier, FILES)
    for index, opening in enumerate(HONEST.openings):
        if opening is not None:
            assert verifier.verify_receipt(HONEST.receipt(index), policy_for(verifier)).index == index


@pytest.mark.slow
def test_a_thousand_mutants_are_refused_each_for_the_right_reason(verifier: Any) -> None:
    rng = random.Random(20260501)
    refused: Counter[tuple[str, str]] = Counter()
    for number in range(RUNS):
        maker = MAKERS[number % len(MAKERS)]
        mutant = maker(rng)
        with pytest.raises(verifier.TransparencyError) as refusal:
            check_mutant(verifier, mutant)
        step = refusal.value.step
        assert step in mutant.steps, f"mutant {number} ({maker.__name__}) is refused for {step}: {refusal.value}"
        refused[maker.__name__, step] += 1
    assert sum(refused.values()) == RUNS
    assert {step for _maker, step in refused} >= {
        "missing", "format", "signature", "quorum", "origin", "tree", "entry", "opening", "fork", "stale", "index",
        "replay", "inclusion",
    }  # fmt: skip
