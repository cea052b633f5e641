"""Crowds whose truth is known: reading a folder of labels.csv and truth.csv, and thinning it to a sparse site."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click
import numpy as np

from touchstone.engine.arrays import Floats, Integers

LONGEST_LINE = 1 << 20  # bytes


class BadCrowd(click.ClickException):
    """A crowd's file cannot be used: says which, where in it, and what to do."""

    exit_code = 2

    def __init__(self, path: Path, problem: str, *, line: int | None = None, column: str | None = None) -> None:
        self.path, self.line, self.column = path, line, column
        place = str(path) + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {problem}")


@dataclass(frozen=True, slots=True)
class Crowd:
    """A crowd's votes and the truth about its stories; its columns are what estimators read.

    story, reader, vote : int64, shape (n_votes,); truth : float64, shape (n_stories,), 1 real, 0 fake, NaN unknown
    """

    name: str
    story: Integers
    reader: Integers
    vote: Integers
    truth: Floats
    n_readers: int

    @property
    def n_stories(self) -> int:
        """How many stories there are."""
        return len(self.truth)


def read_crowd(folder: Path, real_class: int | None = None) -> Crowd:
    """The crowd in a folder of labels.csv (task, worker, label) and truth.csv (task, truth).

    real_class scores that class of a set of many classes against the rest; left out, only 0 and 1 are allowed.
    Raises BadCrowd.
    """
    stories: dict[str, int] = {}
    readers: dict[str, int] = {}
    seen: dict[tuple[int, int], int] = {}
    votes: list[int] = []
    path = folder / "labels.csv"
    for line, (task, worker, label) in _rows(path, ("task", "worker", "label")):
        pair = stories.setdefault(task, len(stories)), readers.setdefault(worker, len(readers))
        if pair in seen:
            raise BadCrowd(
                path, f"worker {worker!r} already labelled task {task!r} in line {seen[pair]}; keep one.", line=line
            )
        seen[pair] = line
        votes.append(_class_of(label, real_class, path, line, "label"))
    if not votes:
        raise BadCrowd(path, "there is no vote below the header.")
    pairs = np.array(list(seen), dtype=np.int64)
    truth = _read_truth(folder / "truth.csv", stories, real_class)
    return Crowd(folder.name or str(folder), pairs[:, 0], pairs[:, 1], np.array(votes), truth, len(readers))


def _read_truth(path: Path, stories: dict[str, int], real_class: int | None) -> Floats:
    truth = np.full(len(stories), np.nan)
    first: dict[str, int] = {}
    for line, (task, outcome) in _rows(path, ("task", "truth")):
        if task in first:
            raise BadCrowd(path, f"task {task!r} already has a truth in line {first[task]}; keep one.", line=line)
        first[task] = line
        value = _class_of(outcome, real_class, path, line, "truth")
        if task in stories:
            truth[stories[task]] = value
    if np.isnan(truth).all():
        raise BadCrowd(path, "not one task of labels.csv has a truth here.")
    return truth


def _class_of(text: str, real_class: int | None, path: Path, line: int, column: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise BadCrowd(path, f"{text[:40]!r} is not a whole number.", line=line, column=column) from None
    if real_class is not None:
        return int(value == real_class)
    if value not in (0, 1):
        problem = f"{value} is neither 1 (real) nor 0 (fake). For a set of many classes, pick one with --real-class."
        raise BadCrowd(path, problem, line=line, column=column)
    return value


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Each row's line number and the wanted columns' texts. Raises BadCrowd."""
    try:
        with path.open("rb") as file:
            reader = csv.reader(_lines(file, path))
            header = next(reader, None)
            if header is None:
                raise BadCrowd(path, f"the file is empty; it needs the columns {', '.join(columns)}.")
            places = _places(header, columns, path)
            for row in reader:
                if row:
                    yield reader.line_num, _cells(row, header, places, path, reader.line_num)
    except OSError as error:
        raise BadCrowd(path, f"cannot be read: {error.strerror or error}.") from error
    except csv.Error as error:
        raise BadCrowd(path, f"is not well-formed CSV: {error}.", line=reader.line_num) from error


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise BadCrowd(path, f"the line is longer than {LONGEST_LINE:,} bytes; is this a CSV file?", line=number)
        if b"\0" in line:
            raise BadCrowd(path, "the line holds a zero byte; is this a text file?", line=number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            bad = f"0x{line[error.start]:02x}"
            raise BadCrowd(path, f"byte {bad} is not UTF-8 text; save the file as UTF-8.", line=number) from error


def _places(header: list[str], columns: tuple[str, ...], path: Path) -> list[int]:
    names = [name.strip() for name in header]
    for column in columns:
        if column not in names:
            found = ", ".join(names)[:200]
            raise BadCrowd(path, f"the column is missing; the header has {found}.", line=1, column=column)
    return [names.index(column) for column in columns]


def _cells(row: list[str], header: list[str], places: list[int], path: Path, line: int) -> list[str]:
    if len(row) != len(header):
        raise BadCrowd(path, f"the row has {len(row)} cells, the header {len(header)}.", line=line)
    cells = [row[place].strip() for place in places]
    for cell, place in zip(cells, places, strict=True):
        if not cell:
            raise BadCrowd(path, "the cell is empty.", line=line, column=header[place].strip())
    return cells


def thin_crowd(crowd: Crowd, votes: int | None, per_reader: int | None, rng: np.random.Generator) -> Crowd:
    """A sparse site's share of a crowd: in random order, each vote is kept while its story has fewer than `votes`
    and its reader fewer than `per_reader`. Stories and readers without a vote drop out.

    Raises BadCrowd if no story with a known truth is left.
    """
    if votes is None and per_reader is None:
        return crowd
    by_story = [votes if votes is not None else len(crowd.vote)] * crowd.n_stories
    by_reader = [per_reader if per_reader is not None else len(crowd.vote)] * crowd.n_readers
    story, reader = crowd.story.tolist(), crowd.reader.tolist()
    kept = []
    for row in rng.permutation(len(crowd.vote)).tolist():
        if by_story[story[row]] and by_reader[reader[row]]:
            by_story[story[row]] -= 1
            by_reader[reader[row]] -= 1
            kept.append(row)
    rows = np.sort(np.array(kept, dtype=np.int64))
    stories, new_story = np.unique(crowd.story[rows], return_inverse=True)
    readers, new_reader = np.unique(crowd.reader[rows], return_inverse=True)
    if np.isnan(crowd.truth[stories]).all():
        raise BadCrowd(Path(crowd.name), "after thinning, no story with a known truth is left; keep more votes.")
    return Crowd(crowd.name, new_story, new_reader, crowd.vote[rows], crowd.truth[stories], len(readers))
