"""Compiled kernels over each reader's votes in order of time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@kernel
def settled_from(
    starts: Integers, order: Integers, time_ms: Integers, votes_needed: int, wait_ms: int, never: int
) -> Integers:
    """The first moment at which a vote of each reader is a settled one: int64, shape (n_readers,).

    That is after `votes_needed` earlier votes and `wait_ms` after the first; `never` for a reader with fewer votes.
    """
    since = np.full(len(starts) - 1, never)
    for reader in range(len(starts) - 1):
        first = starts[reader]
        if votes_needed == 0:
            since[reader] = time_ms[order[first]] + wait_ms if starts[reader + 1] > first else never
        elif starts[reader + 1] - first >= votes_needed:
            needed = time_ms[order[first + votes_needed - 1]] + 1
            since[reader] = max(needed, time_ms[order[first]] + wait_ms)
    return since


@kernel
def over_quota(starts: Integers, order: Integers, time_ms: Integers, most: int, day_ms: int) -> Booleans:
    """Which votes are beyond the first `most` of their reader's day: bool, shape (n_votes,)."""
    is_over = np.zeros(len(order), dtype=np.bool_)
    for reader in range(len(starts) - 1):
        day = -1
        used = 0
        for at in range(starts[reader], starts[reader + 1]):
            today = time_ms[order[at]] // day_ms
            used = used + 1 if today == day and at > starts[reader] else 1
            day = today
            is_over[order[at]] = used > most
    return is_over
