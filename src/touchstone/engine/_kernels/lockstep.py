"""Compiled kernels that find coordinated accounts; `lockstep_plain.py` holds the plain twin.

Votes are handled through positions. `by_reader` lists vote positions reader by reader, stories ascending; `by_bucket`
lists them bucket by bucket (story × direction), times ascending, readers ascending among equal times. Both depend on
nothing but the votes themselves, so the order of the input is irrelevant.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import inlined, kernel
from touchstone.engine._kernels.special import log

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Booleans = npt.NDArray[np.bool_]

LINKS_ENOUGH = 64  # a reader with that many proven partners needs no further candidates
PRUNING_ROUNDS = 8


@kernel
def fill_chance_limits(fewest_shared: int, needed: float, limits: Floats) -> None:
    """limits[x] = the largest λ below x with x·ln(x/λ) − x + λ > needed; entries below the fewest stay as they are."""
    for shared in range(fewest_shared, len(limits)):
        limits[shared] = _chance_limit(float(shared), needed)


@inlined
def _chance_limit(shared: float, needed: float) -> float:
    """By 40 halvings from below."""
    low, high = 0.0, shared
    for _ in range(40):
        middle = 0.5 * (low + high)
        if shared * log(shared / middle) - shared + middle > needed:
            low = middle
        else:
            high = middle
    return low


@kernel
def count_close_pairs(starts: Integers, order: Integers, time_ms: Integers, window_ms: int) -> Integers:
    """For each bucket, how many pairs of its votes lie within the window: int64, shape (n_buckets,)."""
    pairs = np.zeros(len(starts) - 1, dtype=np.int64)
    for bucket in range(len(starts) - 1):
        first = starts[bucket]
        for at in range(starts[bucket], starts[bucket + 1]):
            while time_ms[order[at]] - time_ms[order[first]] > window_ms:
                first += 1
            pairs[bucket] += at - first
    return pairs


@kernel
def reach_of_votes(
    starts: Integers, order: Integers, time_ms: Integers, window_ms: int, neighbours: int
) -> tuple[Integers, Booleans]:
    """For each place in `order`, the end of the later places that are its neighbours, and whether more were near.

    Returns int64 and bool, shape (n_votes,).
    """
    reach = np.empty(len(order), dtype=np.int64)
    is_cut = np.zeros(len(order), dtype=np.bool_)
    for bucket in range(len(starts) - 1):
        end = starts[bucket]
        for at in range(starts[bucket], starts[bucket + 1]):
            while end < starts[bucket + 1] and time_ms[order[end]] - time_ms[order[at]] <= window_ms:
                end += 1
            reach[at] = min(end, at + 1 + neighbours)
            is_cut[at] = end > reach[at]
    return reach, is_cut


def pair_key(one: int, other: int) -> int:
    """A pair of readers as one number: the smaller · 2³² + the larger."""
    return int((min(one, other) << 32) | max(one, other))


def pair_slot(key: int, mask: int) -> int:
    """Where a pair is counted in a table of mask + 1 bytes."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return int((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))


@kernel
def count_meetings(reach: Integers, reader: Integers, seen: Bytes) -> None:
    """Count each pair of neighbours in its slot of `seen`, up to 2; `reader` is in the order of the places."""
    mask = len(seen) - 1
    for at in range(len(reach)):
        for other in range(at + 1, reach[at]):
            slot = pair_slot(pair_key(reader[at], reader[other]), mask)
            if seen[slot] < 2:
                seen[slot] += 1


@kernel
def gather_pairs(reach: Integers, reader: Integers, seen: Bytes, keys: Integers) -> int:
    """Write each meeting of a pair whose slot has reached 2 into `keys`; returns how many were written."""
    mask = len(seen) - 1
    kept = 0
    for at in range(len(reach)):
        for other in range(at + 1, reach[at]):
            key = pair_key(reader[at], reader[other])
            if seen[pair_slot(key, mask)] == 2:
                keys[kept] = key
                kept += 1
    return kept


class VoteIndex(NamedTuple):
    """Votes reader by reader: reader u's votes are order[starts[u]:starts[u + 1]], stories ascending."""

    starts: Integers
    order: Integers
    story: Integers
    vote: Integers
    time_ms: Integers


class ChanceModel(NamedTuple):
    """How often two readers would agree within the window by chance.

    Readers u and v, with d_u and d_v of all M votes, are expected to share d_u · d_v / M² times the larger of
    total − Σ excess, the sum over the stories they did share (how crowded in time the stories are), and
    meetings · Σ_b habit[u, b] · near[v, b] (how alike the two readers' habits of timing are).

    pair_scale  : 1 / M²
    meetings    : Σ n_i² over the stories' votes
    excess      : float64, shape (n_stories,); what a story's crowding adds over the site's usual crowding
    habit, near : float64, shape (n_readers, n_bins); how each reader's delays are spread over the bins, and how likely
                  a vote in each bin falls within the window of one of theirs
    most_chance : float64; the expected count below which x co-votes are no chance
    """

    pair_scale: float
    total: float
    meetings: float
    excess: Floats
    habit: Floats
    near: Floats
    most_chance: Floats
    window_ms: int


def co_votes(one: int, other: int, votes: VoteIndex, chance: ChanceModel) -> tuple[int, float]:
    """Stories on which both voted alike within the window, and the sum of `excess` over those stories."""
    at, end = votes.starts[one], votes.starts[one + 1]
    other_at, other_end = votes.starts[other], votes.starts[other + 1]
    shared = 0
    suspicious = 0.0
    while at < end and other_at < other_end:
        mine, theirs = votes.order[at], votes.order[other_at]
        story = votes.story[mine]
        if story < votes.story[theirs]:
            at += 1
        elif story > votes.story[theirs]:
            other_at += 1
        else:
            is_close = abs(votes.time_ms[mine] - votes.time_ms[theirs]) <= chance.window_ms
            if is_close and votes.vote[mine] == votes.vote[theirs]:
                shared += 1
                suspicious += chance.excess[story]
            at += 1
            other_at += 1
    return shared, suspicious


def chance_by_habit(one: int, other: int, votes: VoteIndex, chance: ChanceModel) -> float:
    """Co-votes to be expected of two readers from their activity and their habits of timing."""
    n_one, n_other = votes.starts[one + 1] - votes.starts[one], votes.starts[other + 1] - votes.starts[other]
    alike = 0.0
    for bin_ in range(chance.habit.shape[1]):
        alike += chance.habit[one, bin_] * chance.near[other, bin_]
    return chance.pair_scale * float(n_one) * float(n_other) * chance.meetings * alike


def is_linked(one: int, other: int, votes: VoteIndex, chance: ChanceModel) -> bool:
    """Whether two readers agree within the window more often than chance allows."""
    shared, suspicious = co_votes(one, other, votes, chance)
    limit = chance.most_chance[min(shared, len(chance.most_chance) - 1)]
    if limit == 0.0:
        return False
    n_one, n_other = votes.starts[one + 1] - votes.starts[one], votes.starts[other + 1] - votes.starts[other]
    if chance.pair_scale * float(n_one) * float(n_other) * (chance.total - suspicious) >= limit:
        return False
    return bool(chance_by_habit(one, other, votes, chance) < limit)


@kernel
def find_links(keys: Integers, most_shared: Integers, votes: VoteIndex, chance: ChanceModel) -> Integers:
    """Those of the candidate pairs, in order, that are linked; pairs of two well-linked readers are passed over.

    most_shared : int64, shape (n_candidates,), at least as many as the pair's co-votes; spares counting most pairs
    """
    found = np.empty(len(keys), dtype=np.int64)
    n_found = 0
    degree = np.zeros(len(votes.starts) - 1, dtype=np.int64)
    for at in range(len(keys)):
        one, other = keys[at] >> 32, keys[at] & 0xFFFFFFFF
        if degree[one] >= LINKS_ENOUGH and degree[other] >= LINKS_ENOUGH:
            continue
        limit = chance.most_chance[min(most_shared[at], len(chance.most_chance) - 1)]
        if chance_by_habit(one, other, votes, chance) >= limit:
            continue
        if is_linked(one, other, votes, chance):
            found[n_found] = keys[at]
            n_found += 1
            degree[one] += 1
            degree[other] += 1
    return found[:n_found]


def find_root(parent: Integers, one: int) -> int:
    """The root of `one`'s tree, halving the path on the way."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@kernel
def join_linked(links: Integers, n_readers: int) -> Integers:
    """The smallest reader each reader is connected with, over any number of links: int64, shape (n_readers,)."""
    parent = np.arange(n_readers)
    for key in links:
        one, other = find_root(parent, key >> 32), find_root(parent, key & 0xFFFFFFFF)
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    for reader in range(n_readers):
        parent[reader] = find_root(parent, reader)
    return parent


def keep_dense(members: Integers, votes: VoteIndex, chance: ChanceModel, density: float, probes: int) -> Integers:
    """Drop members linked to less than `density` of the others, tried on up to `probes` spread over the group."""
    for _ in range(PRUNING_ROUNDS):
        size = len(members)
        if size < 2:
            break
        tried = min(size - 1, probes)
        stays = np.zeros(size, dtype=np.bool_)
        for place in range(size):
            links = 0
            for probe in range(tried):
                other = members[(place + 1 + probe * (size - 1) // tried) % size]
                if is_linked(members[place], other, votes, chance):
                    links += 1
            stays[place] = links >= density * tried
        if stays.all():
            break
        members = members[stays]
    return members


def best_seed(members: Integers, is_free: Booleans, degree: Integers) -> int:
    """The place of the free member with the most links, the first among equals; −1 if none is free."""
    seed = -1
    for place in range(len(members)):
        if is_free[place] and (seed < 0 or degree[members[place]] > degree[members[seed]]):
            seed = place
    return seed


@kernel
def split_component(
    members: Integers,
    degree: Integers,
    group: Integers,
    votes: VoteIndex,
    chance: ChanceModel,
    density: float,
    probes: int,
) -> None:
    """Write into `group` the smallest member of each dense group within one connected component.

    A seed gathers all the free members it is linked with, then the sparse are dropped. Nobody is in two groups.
    """
    is_free = np.ones(len(members), dtype=np.bool_)
    seed = best_seed(members, is_free, degree)
    while seed >= 0:
        is_near = is_free.copy()
        for place in range(len(members)):
            if is_free[place] and place != seed:
                is_near[place] = is_linked(members[seed], members[place], votes, chance)
        dense = keep_dense(members[is_near], votes, chance, density, probes)
        is_free[seed] = False
        if len(dense) >= 2:
            for reader in dense:
                group[reader] = dense[0]
            for place in range(len(members)):
                is_free[place] = is_free[place] and group[members[place]] < 0
        seed = best_seed(members, is_free, degree)


@kernel
def delays_by_bin(starts: Integers, order: Integers, time_ms: Integers, edges_ms: Integers) -> Integers:
    """The bin of each vote's delay since its story's first vote: int64, shape (n_votes,)."""
    bins = np.zeros(len(order), dtype=np.int64)
    for story in range(len(starts) - 1):
        if starts[story] == starts[story + 1]:
            continue
        first = time_ms[order[starts[story]]]
        for at in range(starts[story], starts[story + 1]):
            first = min(first, time_ms[order[at]])
        for at in range(starts[story], starts[story + 1]):
            delay = time_ms[order[at]] - first
            bin_ = 0
            while bin_ + 1 < len(edges_ms) and delay >= edges_ms[bin_ + 1]:
                bin_ += 1
            bins[order[at]] = bin_
    return bins


@kernel
def count_habits(votes: VoteIndex, bins: Integers, n_bins: int) -> Integers:
    """How many of each reader's votes fall into each bin: int64, shape (n_readers, n_bins)."""
    counts = np.zeros((len(votes.starts) - 1, n_bins), dtype=np.int64)
    for reader in range(len(votes.starts) - 1):
        for at in range(votes.starts[reader], votes.starts[reader + 1]):
            counts[reader, bins[votes.order[at]]] += 1
    return counts
