"""`touchstone score`: every story's published figures from a file of votes."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import IO, Any

import click
import numpy as np
from rich.console import Console

from touchstone.cli.tables import Refused
from touchstone.cli.vote_files import load_ballots, load_resolutions
from touchstone.engine import (
    ENGINE_VERSION,
    FEWEST_RESOLVED,
    Ballots,
    Combined,
    Evidence,
    Resolutions,
    TrustTable,
    engine_digest,
    find_both_sides,
    publish,
    threads_at_work,
)

COLUMNS = (
    "story",
    "real",
    "fake",
    "share",
    "index",
    "low",
    "high",
    "probability",
    "confidence",
    "label",
    "attack_price",
    "effective_votes",
    "discounted",
)


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--resolved", metavar="FILE", help="CSV of settled stories: story, outcome (1 or 0), time in ms if known."
)
@click.option(
    "--out", default="-", show_default=True, help="Where to: a .csv or .parquet file, - for CSV on the screen."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON: the rows, or with --out FILE a summary with digests."
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 256), help="The result is the same.")
def score(file: str, resolved: str | None, out: str, as_json: bool, threads: int) -> None:
    """Score every story in FILE: columns story, reader, vote (1 or 0), and if known time and tier.

    FILE is CSV, TSV, Parquet, gzipped text, Community Notes' ratings, or - for standard input. Probabilities are given
    once at least 20 resolved stories calibrate them; without times, no reader can be seen in lockstep or earn weight.
    """
    if out != "-" and Path(out).suffix not in (".csv", ".parquet"):
        raise Refused(f"--out {out}: the name must end in .csv or .parquet.")
    started = time.perf_counter()
    ballots = load_ballots(file, threads=threads, quiet=as_json)
    with threads_at_work(threads), Console(stderr=True).status("Scoring…"):
        table = score_ballots(ballots, resolved)
    if out == "-":
        _print_rows(ballots, table, as_json)
        return
    try:
        _write_rows(ballots, table, Path(out))
    except OSError as error:
        raise Refused(f"{out}: cannot be written: {error.strerror or error}.") from error
    summary = summarise(ballots, table, time.perf_counter() - started)
    click.echo(
        json.dumps(summary) if as_json else "".join(f"{key}: {value}\n" for key, value in summary.items()), nl=as_json
    )


def score_ballots(ballots: Ballots, resolved: str | None) -> TrustTable:
    """Everything published of every story; `resolved` is the path of the file of settled stories."""
    known, since = load_resolutions(resolved, ballots) if resolved else (Resolutions([], []), np.empty(0, np.int64))
    evidence = Evidence(resolved=known, resolved_ms=since)
    if len(known) >= FEWEST_RESOLVED:
        evidence = Evidence(
            resolved=known,
            resolved_ms=since,
            probability=Combined().fit(ballots, known).probability_,
            has_both_sides=find_both_sides(ballots),
        )
    return publish(ballots, evidence).table


def summarise(ballots: Ballots, table: TrustTable, seconds: float) -> dict[str, Any]:
    """What was scored, by which engine, and digests by which anyone can compare the result."""
    return {
        "votes": ballots.n_votes,
        "stories": ballots.n_stories,
        "readers": ballots.n_readers,
        "engine_version": ENGINE_VERSION,
        "engine_digest": engine_digest(),
        "ballots_digest": ballots.digest(),
        "result_digest": result_digest(ballots, table),
        "seconds": round(seconds, 3),
    }


def result_digest(ballots: Ballots, table: TrustTable) -> str:
    """SHA-256 over the stories' ids and every column of the table, in the order of the ids' hashes."""
    total = hashlib.sha256(ballots.story_ids.text.tobytes())
    for field in fields(table):
        column = getattr(table, field.name)
        layout = "<f8" if column.dtype.kind == "f" else "<i8"
        total.update(field.name.encode() + column.astype(layout).tobytes())
    return total.hexdigest()


def _rows(ballots: Ballots, table: TrustTable) -> Iterator[dict[str, Any]]:
    for story, trust in zip(ballots.story_ids, table, strict=True):
        row: dict[str, Any] = {"story": story}
        row |= {name: getattr(trust, name) for name in COLUMNS[1:-1]}
        row["discounted"] = ";".join(f"{reason}:{count}" for reason, count in trust.discounted)
        yield row


def _print_rows(ballots: Ballots, table: TrustTable, as_json: bool) -> None:
    if as_json:
        json.dump(list(_rows(ballots, table)), sys.stdout, ensure_ascii=False)
        click.echo()
        return
    _write_csv(ballots, table, sys.stdout)


def _write_csv(ballots: Ballots, table: TrustTable, file: IO[str]) -> None:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(ballots, table))


def _write_rows(ballots: Ballots, table: TrustTable, path: Path) -> None:
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            _write_csv(ballots, table, file)
        return
    import pyarrow
    import pyarrow.parquet

    rows = list(_rows(ballots, table))
    types = dict.fromkeys(("real", "fake", "attack_price"), pyarrow.int64())
    types |= dict.fromkeys(("share", "index", "low", "high", "probability", "effective_votes"), pyarrow.float64())
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), path)
