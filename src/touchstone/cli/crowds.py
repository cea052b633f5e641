"""Crowds whose truth is known: reading a folder of labels.csv and truth.csv, and thinning it to a sparse site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchstone.cli.tables import BadTable, read_rows
from touchstone.engine.arrays import Floats, Integers


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
    Raises BadTable.
    """
    stories: dict[str, int] = {}
    readers: dict[str, int] = {}
    seen: dict[tuple[int, int], int] = {}
    votes: list[int] = []
    path = folder / "labels.csv"
    for line, (task, worker, label) in read_rows(path, ("task", "worker", "label")):
        pair = stories.setdefault(task, len(stories)), readers.setdefault(worker, len(readers))
        if pair in seen:
            raise BadTable(
                path, f"worker {worker!r} already labelled task {task!r} in line {seen[pair]}; keep one.", line=line
            )
        seen[pair] = line
        votes.append(_class_of(label, real_class, path, line, "label"))
    if not votes:
        raise BadTable(path, "there is no vote below the header.")
    if real_class is not None and not any(votes):
        raise BadTable(path, f"no label is {real_class}, the class that --real-class names.", column="label")
    pairs = np.array(list(seen), dtype=np.int64)
    truth = _read_truth(folder / "truth.csv", stories, real_class)
    return Crowd(folder.name or str(folder), pairs[:, 0], pairs[:, 1], np.array(votes), truth, len(readers))


def _read_truth(path: Path, stories: dict[str, int], real_class: int | None) -> Floats:
    truth = np.full(len(stories), np.nan)
    first: dict[str, int] = {}
    for line, (task, outcome) in read_rows(path, ("task", "truth")):
        if task in first:
            raise BadTable(path, f"task {task!r} already has a truth in line {first[task]}; keep one.", line=line)
        first[task] = line
        value = _class_of(outcome, real_class, path, line, "truth")
        if task in stories:
            truth[stories[task]] = value
    if np.isnan(truth).all():
        raise BadTable(path, "not one task of labels.csv has a truth here.")
    return truth


def _class_of(text: str, real_class: int | None, path: Path, line: int, column: str) -> int:
    try:
        value = int(text.removesuffix(".0"))
    except ValueError:
        raise BadTable(path, f"{text[:40]!r} is not a whole number.", line=line, column=column) from None
    if real_class is not None:
        return int(value == real_class)
    if value not in (0, 1):
        problem = f"{value} is neither 1 (real) nor 0 (fake). For a set of many classes, pick one with --real-class."
        raise BadTable(path, problem, line=line, column=column)
    return value


def thin_crowd(crowd: Crowd, votes: int | None, per_reader: int | None, rng: np.random.Generator) -> Crowd:
    """A sparse site's share of a crowd: in random order, each vote is kept while its story has fewer than `votes`
    and its reader fewer than `per_reader`. Stories and readers without a vote drop out.

    Raises BadTable if no story with a known truth is left.
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
        raise BadTable(Path(crowd.name), "after thinning, no story with a known truth is left; keep more votes.")
    return Crowd(crowd.name, new_story, new_reader, crowd.vote[rows], crowd.truth[stories], len(readers))
