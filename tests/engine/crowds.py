"""Planted crowds: votes whose truth and readers are known because the test made them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class PlantedCrowd:
    story: np.ndarray
    reader: np.ndarray
    vote: np.ndarray
    n_stories: int
    n_readers: int
    truth: np.ndarray
    sensitivity: np.ndarray
    specificity: np.ndarray


def columns(votes: list[tuple[int, int, int]], n_stories: int, n_readers: int) -> PlantedCrowd:
    """A crowd from (story, reader, vote) rows, with nothing known about it."""
    table = np.array(votes, dtype=np.int64).reshape(-1, 3)
    empty = np.empty(0)
    return PlantedCrowd(table[:, 0], table[:, 1], table[:, 2], n_stories, n_readers, empty, empty, empty)


def plant(
    seed: int = 0, n_stories: int = 300, n_readers: int = 60, votes: int = 8, prevalence: float = 0.5
) -> PlantedCrowd:
    """Independent readers of differing sensitivity and specificity; `votes` random readers judge each story."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_stories) < prevalence).astype(np.int64)
    sensitivity, specificity = rng.beta(6, 2, n_readers), rng.beta(5, 3, n_readers)
    story = np.repeat(np.arange(n_stories), votes)
    reader = np.concatenate([rng.choice(n_readers, votes, replace=False) for _ in range(n_stories)])
    chance = np.where(truth[story] == 1, sensitivity[reader], 1 - specificity[reader])
    vote = (rng.random(len(story)) < chance).astype(np.int64)
    return PlantedCrowd(story, reader, vote, n_stories, n_readers, truth, sensitivity, specificity)


def reorder(crowd: PlantedCrowd, order: np.ndarray) -> PlantedCrowd:
    """The same crowd with its rows in another order."""
    return replace(crowd, story=crowd.story[order], reader=crowd.reader[order], vote=crowd.vote[order])


def revote(crowd: PlantedCrowd, vote: np.ndarray) -> PlantedCrowd:
    """The same crowd with other votes in the same places."""
    return replace(crowd, vote=vote)
