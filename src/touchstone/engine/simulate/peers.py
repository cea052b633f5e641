"""What is printed beside our verdicts: the bare majority, and one-factor bridging by alternating least squares."""

from __future__ import annotations

import numpy as np

from touchstone.engine.simulate.world import Floats, Integers, World

FEWEST = 10
SWEEPS = 12
BIAS_PULL = 0.15  # ridge per rating on intercepts, and on factors, as published for the model
FACTOR_PULL = 0.03


def side_of_share(share: Floats, votes: Integers) -> Integers:
    """1 from 60 %, −1 under 40 %, 0 between or with fewer than 10 votes: int64, shape of `share`."""
    side = np.where(share >= 0.6, 1, np.where(share < 0.4, -1, 0))
    return np.where(votes >= FEWEST, side, 0)


def majority_sides(world: World) -> Integers:
    """The side that the raw share takes on each story: int64, shape (n_stories,)."""
    votes = np.bincount(world.story, minlength=world.n_stories)
    real = np.bincount(world.story, weights=world.vote, minlength=world.n_stories)
    return side_of_share(real / np.maximum(votes, 1), votes)


def bridging_sides(world: World) -> Integers:
    """The side of the story's intercept once readers' leniency and one viewpoint factor are taken out.

    Source of the model: Wojcik et al. (2022), arXiv:2210.15723; solved here by alternating least squares from fixed
    starting factors (the sign pattern of each reader's distance from the majority).
    """
    votes = np.bincount(world.story, minlength=world.n_stories)
    return side_of_share(np.clip(_intercepts(world), 0.0, 1.0), votes)


def _intercepts(world: World) -> Floats:
    story, reader = world.story, world.reader
    vote = world.vote.astype(np.float64)
    mean = float(vote.mean())
    per_story = np.bincount(story, minlength=world.n_stories)
    per_reader = np.bincount(reader, minlength=world.n_readers)
    story_bias, reader_bias = np.zeros(world.n_stories), np.zeros(world.n_readers)
    reader_factor = np.where(np.arange(world.n_readers) % 2 == 0, 0.1, -0.1)
    story_factor = np.where(np.arange(world.n_stories) % 2 == 0, 0.1, -0.1)
    for _ in range(SWEEPS):
        rest = vote - mean - reader_factor[reader] * story_factor[story]
        story_bias = _shrunk(story, rest - reader_bias[reader], per_story, BIAS_PULL)
        reader_bias = _shrunk(reader, rest - story_bias[story], per_reader, BIAS_PULL)
        rest = vote - mean - story_bias[story] - reader_bias[reader]
        story_factor = _slopes(story, rest, reader_factor[reader], world.n_stories)
        reader_factor = _slopes(reader, rest, story_factor[story], world.n_readers)
    return mean + story_bias


def _shrunk(group: Integers, rest: Floats, sizes: Integers, pull: float) -> Floats:
    """The mean rest of each group, pulled to 0 by `pull` per rating of the mean group."""
    strength = pull * float(np.mean(sizes[sizes > 0]))
    return np.asarray(np.bincount(group, weights=rest, minlength=len(sizes)) / (sizes + strength))


def _slopes(group: Integers, rest: Floats, on: Floats, n_groups: int) -> Floats:
    """Ridge regression of each group's rest on the other side's factor."""
    strength = FACTOR_PULL * len(group) / max(n_groups, 1)
    top = np.bincount(group, weights=rest * on, minlength=n_groups)
    return np.asarray(top / (np.bincount(group, weights=on * on, minlength=n_groups) + strength))
