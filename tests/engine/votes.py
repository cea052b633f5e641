"""Votes with times, made row by row, for tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchstone.engine import Evidence, Resolutions
from touchstone.engine.simulate.world import World


@dataclass
class Votes:
    story: np.ndarray
    reader: np.ndarray
    vote: np.ndarray
    time_ms: np.ndarray
    n_stories: int
    n_readers: int


def votes_of(*rows: tuple[int, int, int, int]) -> Votes:
    """Votes from rows of story, reader, vote, time in ms."""
    columns = np.array(rows, dtype=np.int64).T
    return Votes(*columns, n_stories=int(columns[0].max()) + 1, n_readers=int(columns[1].max()) + 1)


def shuffled(world: World, rng: np.random.Generator) -> Votes:
    """The same votes in another order of rows."""
    order = rng.permutation(len(world.story))
    columns = (world.story, world.reader, world.vote, world.time_ms)
    return Votes(*(column[order] for column in columns), n_stories=world.n_stories, n_readers=world.n_readers)


def evidence_of(world: World) -> Evidence:
    """The world's resolutions."""
    resolved = np.flatnonzero(world.resolved_ms >= 0)
    return Evidence(Resolutions(resolved, world.truth[resolved]), world.resolved_ms[resolved])
