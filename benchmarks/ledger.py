"""The vote ledger: hashing, proofs, sequencing, receipts and checking, and the bytes a vote takes.

Run: python -m benchmarks.run ledger

Rates are per second of one core's processor time, so that other work on the machine distorts them little; latencies are
by the clock.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from touchstone.transparency import InclusionBatch, Tree, leaf_hash, verify_consistency, verify_inclusion

ROOT = Path(__file__).resolve().parents[1]
LEAVES = 200_000
PROOFS = 20_000
VOTES = 20_000
RECEIPTS = 60


def measure() -> dict[str, Any]:
    """Rates of the pure log, and of the ledger on a SQLite file with synchronous=FULL."""
    with tempfile.TemporaryDirectory(prefix="touchstone-ledger-") as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {
            "DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "touchstone.config.settings",
            "LEDGER_OPENINGS_DELAY_S": "0",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "SECRET_KEY": "benchmark-" + "x" * 40,
        }
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.ledger"], cwd=ROOT, env=environment, capture_output=True, text=True
        )
    if ended.returncode:
        raise RuntimeError(ended.stderr[-2000:])
    return {"pure": measure_pure(), "sqlite_full": json.loads(ended.stdout)}


def measure_pure() -> dict[str, Any]:
    """Appending leaves and verifying proofs in a tree of 200,000 entries of 190 bytes."""
    rng = random.Random(1)
    entries = [rng.randbytes(190) for _ in range(LEAVES)]
    tree = Tree()
    append = timed(lambda: [tree.append(entries[at : at + 1000]) for at in range(0, LEAVES, 1000)])
    root = tree.root()
    proofs = [(index, tree.inclusion_proof(index)) for index in rng.sample(range(LEAVES), PROOFS)]
    leaves = [leaf_hash(entries[index]) for index, _proof in proofs]

    def one_by_one() -> None:
        for leaf, (index, proof) in zip(leaves, proofs, strict=True):
            verify_inclusion(leaf, index=index, size=LEAVES, proof=proof, root=root)

    def as_batch() -> None:
        batch = InclusionBatch(size=LEAVES, root=root)
        for leaf, (index, proof) in zip(leaves, proofs, strict=True):
            batch.verify(leaf, index=index, proof=proof)

    sizes = rng.sample(range(1, LEAVES), 2000)
    growth = [(size, tree.root(size), tree.consistency_proof(size)) for size in sizes]

    def grown() -> None:
        for size, old, proof in growth:
            verify_consistency(old_size=size, old_root=old, new_size=LEAVES, new_root=root, proof=proof)

    return {
        "append_leaves_per_cpu_s": round(LEAVES / append),
        "verify_inclusion_per_cpu_s": round(PROOFS / timed(one_by_one)),
        "verify_inclusion_batch_per_cpu_s": round(PROOFS / timed(as_batch)),
        "verify_consistency_per_cpu_s": round(len(sizes) / timed(grown)),
    }


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of the work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure_site() -> dict[str, Any]:
    """Sequencing, publishing, receipts and checking in this process, on a database in DATA_DIR."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from touchstone.ledger import actions

    call_command("migrate", "ledger", verbosity=0)
    queue_votes(VOTES)
    database = Path(settings.DATABASES["default"]["NAME"])
    queued = size_of(database)
    sequence = timed(lambda: actions.sequence_pending(at=now()))
    publish = timed(lambda: actions.publish_checkpoint(at=now()))
    export = Path(settings.DATA_DIR) / "export"
    exporting = timed(lambda: actions.export_open_data(export, at=now()))
    return {
        "votes": VOTES,
        "sequence_votes_per_cpu_s": round(VOTES / sequence),
        "publish_checkpoint_cpu_ms": round(1000 * publish, 2),
        "queued_bytes_per_vote": round(queued / VOTES),
        "database_bytes_per_vote": round(size_of(database) / VOTES),
        "open_data_bytes_per_vote": round(sum(p.stat().st_size for p in export.rglob("*") if p.is_file()) / VOTES),
        "export_votes_per_cpu_s": round(VOTES / exporting),
        "verify_log_votes_per_cpu_s": round(VOTES / timed(lambda: check(export))),
        **receipt_latency(),
    }


def queue_votes(count: int) -> None:
    """Queue votes as the booth does."""
    import uuid

    from django.db import connection, transaction

    from touchstone.ledger import actions

    digits = "a" * 64
    rows = []
    for number in range(count):
        public = actions.vote_payload(
            story=number % 50, version=digits, reader=f"{number:064x}", choice="real", is_signed=False, at_s=1
        )
        audit = actions.voter_payload(reader=f"{number:064x}")
        subject = f"{number:064x}"
        rows.append(actions.queue_row("vote", public, at_ms=1, reference=uuid.uuid4(), audit=audit, subject=subject))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(actions.queue_sql("%s"), rows)


def receipt_latency() -> dict[str, float]:
    """Clock time of one turn of the sequencer for a few votes, and of making a receipt, in a log of 20,000."""
    from touchstone.ledger import actions, queries
    from touchstone.ledger.models import PendingEntry

    turns, making = [], []
    for _ in range(RECEIPTS):
        queue_votes(5)
        reference = PendingEntry.objects.latest("id").reference
        started = time.perf_counter()
        actions.advance(at=now())
        turns.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        assert queries.receipt(reference).state == "recorded"
        making.append(1000 * (time.perf_counter() - started))
    # The worker takes a turn every 250 ms, so a vote waits for at most that and one turn.
    return {
        "sequencer_turn_ms_median": round(statistics.median(turns), 1),
        "sequencer_turn_ms_p99": round(statistics.quantiles(turns, n=100)[98], 1),
        "receipt_ready_ms_p99": round(250 + statistics.quantiles(turns, n=100)[98], 1),
        "receipt_made_ms_median": round(statistics.median(making), 1),
    }


def check(export: Path) -> None:
    """Check the whole log as `touchstone verify log` does."""
    from touchstone.transparency import DirectoryStore, Policy, open_site

    policy = Policy.parse((export / "policy").read_text())
    for log in open_site(DirectoryStore(export), policy):
        assert log.checkpoint.size == VOTES + 1


def size_of(database: Path) -> int:
    """Bytes of a database with its write-ahead log emptied into it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.stat().st_size


def now() -> Any:
    """The present."""
    from datetime import UTC, datetime

    return datetime.now(UTC)


if __name__ == "__main__":
    print(json.dumps(measure_site()))
