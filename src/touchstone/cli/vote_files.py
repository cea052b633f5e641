"""Reading files of votes for the commands: delimited text through the engine, Parquet through pyarrow."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from touchstone.cli.parquet_votes import is_parquet, read_parquet
from touchstone.cli.tables import BadTable, Refused, read_rows
from touchstone.engine import Ballots, EngineError, Resolutions, read_ballots

LATER = np.iinfo(np.int64).max


def load_ballots(path: str, *, threads: int, quiet: bool) -> Ballots:
    """The votes of a file, or of standard input for "-", behind a progress bar. Raises Refused."""
    try:
        if path == "-":
            return read_ballots(sys.stdin.buffer, threads=threads)
        if is_parquet(Path(path)):
            return read_parquet(path)
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


def load_resolutions(path: str, ballots: Ballots) -> tuple[Resolutions, np.ndarray[Any, np.dtype[np.int64]]]:
    """The resolved stories of a CSV (story, outcome 1 or 0, and if there time in ms) and since when. Raises Refused.

    Stories without votes are passed over, and standard error says how many; without a time, every vote counts as cast
    before the resolution.
    """
    outcomes: dict[int, tuple[int, int]] = {}
    first: dict[str, int] = {}
    for line, (story, outcome, moment) in read_rows(Path(path), ("story", "outcome"), ("time",)):
        if story in first:
            raise BadTable(
                Path(path), f"story {story!r} is already resolved in line {first[story]}; keep one.", line=line
            )
        first[story] = line
        found = _outcome(outcome, path, line), _moment(moment, path, line)
        place = ballots.story_ids.find(story)
        if place is not None:
            outcomes[place] = found
    _tell_of_unknown(path, list(first), known=len(outcomes), ballots=ballots)
    stories = sorted(outcomes)
    when = np.array([outcomes[story][1] for story in stories], dtype=np.int64)
    return Resolutions(stories, [outcomes[story][0] for story in stories]), when


def _tell_of_unknown(path: str, named: list[str], *, known: int, ballots: Ballots) -> None:
    if known == len(named):
        return
    example = next(story for story in named if ballots.story_ids.find(story) is None)
    count = len(named) - known
    said = f"{count} of {len(named)} resolved stories have no votes and are passed over, such as {example[:40]!r}."
    click.echo(f"{path}: {said}", err=True)


def _outcome(written: str, path: str, line: int) -> int:
    words = {"1": 1, "1.0": 1, "real": 1, "confirmed": 1, "0": 0, "0.0": 0, "fake": 0, "debunked": 0}
    if written.lower() not in words:
        problem = f"{written[:40]!r} is neither 1 (real) nor 0 (fake)."
        raise BadTable(Path(path), problem, line=line, column="outcome")
    return words[written.lower()]


def _moment(written: str, path: str, line: int) -> int:
    if written and not (written.isdecimal() and int(written[:20]) < LATER):
        problem = f"{written[:40]!r} is not a whole number of milliseconds."
        raise BadTable(Path(path), problem, line=line, column="time")
    return int(written) if written else LATER
