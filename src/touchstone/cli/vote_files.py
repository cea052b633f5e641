"""Reading files of votes for the commands: delimited text through the engine, Parquet through pyarrow."""

from __future__ import annotations

import csv
import os
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from touchstone.engine import BadColumn, BadFile, Ballots, EngineError, Resolutions, read_ballots
from touchstone.engine.ballot_files import COLUMN_NAMES, ROLE_NAMES

LATER = np.iinfo(np.int64).max


class Refused(click.ClickException):
    """The input cannot be used: one sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        """Print the sentence alone."""
        click.echo(f"Error: {self.format_message()}", err=True)


def load_ballots(path: str, *, threads: int, quiet: bool) -> Ballots:
    """The votes of a file, or of standard input for "-", behind a progress bar. Raises Refused."""
    try:
        if path == "-":
            return read_ballots(sys.stdin.buffer, threads=threads)
        if _is_parquet(Path(path)):
            return _read_parquet(path)
        return _read_text(path, threads, quiet)
    except EngineError as error:
        raise Refused(str(error)) from error


def _read_text(path: str, threads: int, quiet: bool) -> Ballots:
    console = Console(stderr=True)
    columns = (TextColumn("Reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        total = os.path.getsize(path) if os.path.isfile(path) else None
        bar = progress.add_task("Reading", total=total)
        return read_ballots(path, threads=threads, progress=lambda count: progress.advance(bar, count))


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


def _read_parquet(path: str) -> Ballots:
    import pyarrow
    import pyarrow.parquet

    try:
        names = pyarrow.parquet.read_schema(path).names
        places = _find_columns(path, names)
        table = pyarrow.parquet.read_table(path, columns=list(places.values()))
    except (pyarrow.ArrowException, OSError) as error:
        raise BadFile(path, f"is not a readable Parquet file: {' '.join(str(error).split())[:200]}") from error
    columns = {role: table.column(name).combine_chunks() for role, name in places.items()}
    for role, column in columns.items():
        if column.null_count:
            row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
            raise BadFile(path, f"row {row} (counted from 0) is empty", column=places[role])
    try:
        return Ballots.from_dictionaries(
            story=_dictionary(columns["story"]),
            reader=_dictionary(columns["reader"]),
            vote=columns["vote"].to_numpy(zero_copy_only=False),
            time_ms=_milliseconds(columns["time"]) if "time" in columns else None,
            tier=columns["tier"].to_numpy(zero_copy_only=False) if "tier" in columns else None,
        )
    except BadColumn as error:
        where = f"row {error.row} (counted from 0) " if error.row is not None else ""
        raise BadFile(path, f"{where}{error.problem}", column=places.get(error.column, error.column)) from error


def _find_columns(path: str, names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, known in COLUMN_NAMES.items():
        matches = [name for name in names if name in known]
        if matches:
            found[ROLE_NAMES[role]] = matches[0]
    for role_name in ("story", "reader", "vote"):
        if role_name not in found:
            raise BadFile(path, f"the column is missing; the file has {', '.join(names)[:200]}", column=role_name)
    return found


def _dictionary(column: Any) -> tuple[Any, Any]:
    encoded = column if hasattr(column, "dictionary") else column.dictionary_encode()
    ids = encoded.dictionary.to_numpy(zero_copy_only=False)
    return ids, encoded.indices.to_numpy(zero_copy_only=False)


def _milliseconds(column: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("ms"), safe=False).cast(pyarrow.int64())
    return column.to_numpy(zero_copy_only=False)


def load_resolutions(path: str, ballots: Ballots) -> tuple[Resolutions, np.ndarray[Any, np.dtype[np.int64]]]:
    """The resolved stories of a CSV (story, outcome 1 or 0, and if there time in ms) and since when. Raises Refused.

    Stories without votes are passed over; without a time, every vote counts as cast before the resolution.
    """
    outcomes: dict[int, tuple[int, int]] = {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for name in ("story", "outcome"):
                if name not in (reader.fieldnames or ()):
                    raise Refused(f"{path}, line 1, column {name}: the column is missing.")
            for row in reader:
                place = ballots.story_ids.find((row["story"] or "").strip())
                if place in outcomes:
                    raise Refused(
                        f"{path}, line {reader.line_num}: story {row['story']!r} is resolved twice; keep one."
                    )
                outcome = _outcome(row, path, reader.line_num)
                if place is not None:
                    outcomes[place] = outcome
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Refused(f"{path}: cannot be read: {error}.") from error
    stories = sorted(outcomes)
    when = np.array([outcomes[story][1] for story in stories], dtype=np.int64)
    return Resolutions(stories, [outcomes[story][0] for story in stories]), when


def _outcome(row: dict[str, str], path: str, line: int) -> tuple[int, int]:
    words = {"1": 1, "real": 1, "confirmed": 1, "0": 0, "fake": 0, "debunked": 0}
    written = (row["outcome"] or "").strip().lower()
    if written not in words:
        raise Refused(f"{path}, line {line}, column outcome: {written!r} is neither 1 (real) nor 0 (fake).")
    moment = (row.get("time") or "").strip()
    if moment and not moment.isdecimal():
        raise Refused(f"{path}, line {line}, column time: {moment!r} is not a whole number of milliseconds.")
    return words[written], int(moment) if moment else LATER
