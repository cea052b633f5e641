"""Compiled kernels that walk through every story's votes in order of time and judge it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel
from touchstone.engine._kernels.verdict import is_witnessed, judge, published_side
from touchstone.engine._kernels.verdict_rules import PLACES, VerdictRules

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FLOAT_FIELDS = 6  # index, low, high, effective, independent, earned effective
INTEGER_FIELDS = 3  # label, reason, price


def walk_story(
    order: Integers, vote: Integers, place: Integers, time_ms: Integers, held: int, rules: VerdictRules
) -> tuple[int, int]:
    """The side last published and the sides ever published (1 fake, 2 real, 3 both) on one story's way.

    `order` holds its votes by time; votes of the same millisecond are taken in together. `held` is the side to start
    from.
    """
    counts = np.zeros((2, PLACES), dtype=np.int64)
    ever = 0
    for at in range(len(order)):
        position = order[at]
        if place[position] >= 0:
            counts[vote[position], place[position]] += 1
        if at + 1 < len(order) and time_ms[order[at + 1]] == time_ms[position]:
            continue
        side = published_side(counts, held, rules)
        if side != 0:
            held = side
            if is_witnessed(counts, side, rules):
                ever |= 2 if side > 0 else 1
    return held, ever


@kernel
def walk_stories(
    starts: Integers,
    order: Integers,
    vote: Integers,
    place: Integers,
    time_ms: Integers,
    held: Integers,
    rules: VerdictRules,
) -> Integers:
    """For each story, the side held at the end and the sides ever published: int64, shape (n_stories, 2)."""
    sides = np.zeros((len(starts) - 1, 2), dtype=np.int64)
    for story in range(len(starts) - 1):
        own = order[starts[story] : starts[story + 1]]
        last, ever = walk_story(own, vote, place, time_ms, held[story], rules)
        sides[story, 0] = last
        sides[story, 1] = ever
    return sides


@kernel
def count_places(story: Integers, vote: Integers, place: Integers, n_stories: int) -> Integers:
    """Each story's table of counts: int64, shape (n_stories, 2, 17); a place of −1 does not count."""
    counts = np.zeros((n_stories, 2, PLACES), dtype=np.int64)
    for at in range(len(story)):
        if place[at] >= 0:
            counts[story[at], vote[at], place[at]] += 1
    return counts


@kernel
def judge_stories(counts: Integers, held: Integers, rules: VerdictRules, figures: Floats, marks: Integers) -> None:
    """Write each story's verdict into `figures`, shape (n_stories, 6), and `marks`, shape (n_stories, 3)."""
    for story in range(len(counts)):
        verdict = judge(counts[story], held[story], rules)
        figures[story, 0] = verdict.mean
        figures[story, 1] = verdict.low
        figures[story, 2] = verdict.high
        figures[story, 3] = verdict.effective
        figures[story, 4] = verdict.independent
        figures[story, 5] = verdict.earned_effective
        marks[story, 0] = verdict.label
        marks[story, 1] = verdict.reason
        marks[story, 2] = verdict.price
