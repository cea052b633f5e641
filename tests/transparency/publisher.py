"""A publisher made of nothing but the pure package: votes in, a whole site of log files out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from touchstone.transparency import (
    CHECKPOINT,
    COSIGNATURE_V1,
    ENTRIES,
    HORIZON,
    LOGS,
    OPENINGS,
    Checkpoint,
    Leaf,
    MemoryStore,
    Note,
    Opening,
    Policy,
    Receipt,
    ReceiptExtra,
    SigningKey,
    Tree,
    cosign,
    encode_bundle,
    encode_horizon,
    encode_openings,
    make_payload,
    published_figures,
    tiles_at_level,
    tiles_of,
)

VERSION = hashlib.sha256(b"story").hexdigest()
WITNESS = SigningKey("witness.example/w1", b"\x09" * 32, COSIGNATURE_V1)


def simple_score(row: Mapping[str, Any]) -> dict[str, object]:
    """A stand-in for the trust engine: the share of real votes, to every bit."""
    real, fake = row["real"], row["fake"]
    return {"index": 100.0 * (real + 1) / (real + fake + 2), "label": "verified" if real > fake else "contested"}


@dataclass
class Publisher:
    """Keeps entries and openings in memory and writes the files of one log."""

    name: str = "2026"
    key: SigningKey = field(default_factory=lambda: SigningKey("news.example/log/2026", b"\x01" * 32))
    leaves: list[bytes] = field(default_factory=list)
    openings: list[Opening | None] = field(default_factory=list)
    tree: Tree = field(default_factory=Tree)

    def add(self, kind: str, fields: Mapping[str, Any], *, audit: Mapping[str, Any] | None = None) -> int:
        """Append an entry; its index. Nonces follow from the index, so that runs are alike."""
        index = len(self.leaves)
        public = Opening(make_payload(fields), hashlib.sha256(b"public %d" % index).digest())
        hidden = Opening(make_payload(audit), hashlib.sha256(b"audit %d" % index).digest()) if audit else None
        leaf = bytes(Leaf.seal(kind, public, hidden))  # type: ignore[arg-type]
        self.leaves.append(leaf)
        self.openings.append(public)
        self.tree.append([leaf])
        return index

    def vote(self, reader: str, story: int = 1, choice: str = "real", *, kind: str = "vote") -> int:
        """A vote, change or retraction."""
        fields: dict[str, Any] = {"at": 1_800_000_000 + len(self.leaves), "reader": reader, "story": story}
        if kind != "retract":
            fields |= {"choice": choice, "signed": False, "version": VERSION}
        return self.add(kind, fields, audit={"reader": reader})

    def index(self, counts: Mapping[int, tuple[int, int]]) -> int:
        """Publish the figures of stories with these real and fake votes."""
        rows = []
        for story, (real, fake) in counts.items():
            row = {"fake": fake, "real": real, "story": story}
            rows.append({**row, "figures": published_figures(simple_score(row))})
        return self.add("index", {"at": 1, "engine": "e" * 64, "rows": rows})

    def erase(self, indices: Sequence[int], stories: Sequence[Mapping[str, int]]) -> int:
        """Drop openings and say so."""
        for index in indices:
            self.openings[index] = None
        return self.add("erase", {"at": 1, "entries": len(indices), "stories": list(stories)})

    def checkpoint(self, size: int | None = None, *, key: SigningKey | None = None, witnessed: bool = True) -> bytes:
        """The signed checkpoint of the first `size` entries."""
        size = len(self.leaves) if size is None else size
        head = Checkpoint((key or self.key).name, size, self.tree.root(size))
        lines = [(key or self.key).sign(head.text)]
        if witnessed:
            lines.append(cosign(head.text, key=WITNESS, timestamp_s=1_800_000_000))
        return bytes(Note(head.text, tuple(lines)))

    def files(self, size: int | None = None, *, opened: int | None = None) -> dict[str, bytes]:
        """Every file of the log at a size, by path."""
        size = len(self.leaves) if size is None else size
        files = {CHECKPOINT: self.checkpoint(size), HORIZON: encode_horizon(size if opened is None else opened)}
        for path in tiles_of(size):
            assert isinstance(path.level, int)
            hashes = (self.tree.node(8 * path.level, path.index * 256 + number) for number in range(path.width))
            files[str(path)] = b"".join(hashes)
        for path in tiles_at_level(ENTRIES, size):
            files[str(path)] = encode_bundle(self.leaves[path.start : path.start + path.width])
        for path in tiles_at_level(OPENINGS, size):
            files[str(path)] = encode_openings(self.openings[path.start : path.start + path.width])
        return files

    def receipt(self, index: int, size: int | None = None) -> bytes:
        """The receipt of an entry."""
        size = len(self.leaves) if size is None else size
        public = self.openings[index]
        assert public is not None
        extra = ReceiptExtra(Leaf.parse(self.leaves[index], index=index), public)
        return bytes(Receipt(index, tuple(self.tree.inclusion_proof(index, size)), self.checkpoint(size), bytes(extra)))

    def policy(self, *, quorum: str = "w1") -> Policy:
        """The policy that trusts this log and its witness."""
        return Policy.parse(f"log {self.key.verifier}\nwitness w1 {WITNESS.verifier}\nquorum {quorum}\n")


def site(*publishers: Publisher) -> MemoryStore:
    """The files of several logs below one prefix."""
    store = MemoryStore({LOGS: "".join(f"{log.name} {log.key.name}\n" for log in publishers).encode()})
    for log in publishers:
        store.files |= {f"{log.name}/{path}": content for path, content in log.files().items()}
    return store


def busy_publisher(readers: int = 300) -> Publisher:
    """A log of votes on three stories with changes, retractions, figures and one erased reader; 1.3 tiles and more."""
    log = Publisher()
    log.add("key-rotate", {"at": 1, "previous": None, "reason": "the first log", "vkey": str(log.key.verifier)})
    log.add("register", {"at": 1, "story": 1, "subject": "version", "version": VERSION})
    log.add("params", {"at": 1, "engine": "e" * 64, "parameters": {}})
    for number in range(readers):
        log.vote(f"r{number}", 1 + number % 3, "fake" if number % 5 == 0 else "real")
    for number in range(0, 30, 3):
        log.vote(f"r{number}", 1, "fake", kind="revote")
    log.vote("r1", 2, kind="retract")
    gone = log.vote("leaver", 3, "real")
    before = counts_of(log)
    log.index(before)
    log.erase([gone], [{"fake": 0, "readers": 1, "real": 1, "story": 3}])
    log.index({**before, 3: (before[3][0] - 1, before[3][1])})
    log.add("resolve", {"at": 1, "evidence": VERSION, "outcome": "confirmed", "replaces": None, "story": 1})
    return log


def counts_of(log: Publisher) -> dict[int, tuple[int, int]]:
    """Standing votes by story, counted the plain way."""
    import json

    standing: dict[tuple[int, str], str | None] = {}
    for leaf, opening in zip(log.leaves, log.openings, strict=True):
        kind = json.loads(leaf)["kind"]
        if kind in ("vote", "revote", "retract") and opening is not None:
            payload = json.loads(opening.payload)
            standing[payload["story"], payload["reader"]] = payload.get("choice")
    stories = sorted({story for story, _reader in standing})
    return {
        story: tuple(
            sum(1 for (s, _r), c in standing.items() if s == story and c == choice) for choice in ("real", "fake")
        )  # type: ignore[misc]
        for story in stories
    }
