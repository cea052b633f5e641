"""Compiled kernels that bring votes into an order which depends on nothing but the votes themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import kernel

Integers = npt.NDArray[np.int64]


@kernel
def count_sorted(keys: Integers, order: Integers, n_keys: int) -> tuple[Integers, Integers]:
    """Stable counting sort of `order` by `keys[order]`: where each key starts, shape (n_keys + 1,), and the order."""
    starts = np.zeros(n_keys + 1, dtype=np.int64)
    for position in order:
        starts[keys[position] + 1] += 1
    for key in range(n_keys):
        starts[key + 1] += starts[key]
    free = starts[:-1].copy()
    placed = np.empty(len(order), dtype=np.int64)
    for position in order:
        key = keys[position]
        placed[free[key]] = position
        free[key] += 1
    return starts, placed


@kernel
def sort_buckets_by_time(starts: Integers, order: Integers, time_ms: Integers) -> None:
    """Sort each bucket of `order` by time, in place; equal times keep their order."""
    for bucket in range(len(starts) - 1):
        low, high = starts[bucket], starts[bucket + 1]
        is_sorted = True
        for at in range(low + 1, high):
            if time_ms[order[at]] < time_ms[order[at - 1]]:
                is_sorted = False
                break
        if not is_sorted:
            part = order[low:high].copy()
            order[low:high] = part[np.argsort(time_ms[part], kind="mergesort")]
