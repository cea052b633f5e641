"""The plain twin of the lockstep kernels: the same groups, in Python without compiling, for tests and for reading."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from touchstone.engine._kernels.lockstep import LINKS_ENOUGH, PRUNING_ROUNDS, ChanceModel

Rows = Sequence[tuple[int, int, int, int]]  # story, reader, vote, time in ms
Link = Callable[[int, int], bool]


def buckets_of(rows: Rows) -> list[list[tuple[int, int]]]:
    """The (time, reader) of each story and direction, ascending."""
    buckets: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for story, reader, vote, time_ms in rows:
        buckets[story, vote].append((time_ms, reader))
    return [sorted(buckets[key]) for key in sorted(buckets)]


def close_pairs_plain(rows: Rows, n_stories: int, window_ms: int) -> list[int]:
    """For each story, the pairs of votes for the same side within the window."""
    pairs = [0] * n_stories
    for story, _, vote, time_ms in rows:
        pairs[story] += sum(s == story and v == vote and abs(t - time_ms) <= window_ms for s, _, v, t in rows)
    of_story = Counter(story for story, *_ in rows)
    return [(count - of_story[story]) // 2 for story, count in enumerate(pairs)]


def candidates_plain(rows: Rows, window_ms: int, neighbours: int, fewest_shared: int) -> list[tuple[int, int]]:
    """Pairs met as neighbours in time at least twice, ascending."""
    activity = Counter(reader for _, reader, _, _ in rows)
    met: Counter[tuple[int, int]] = Counter()
    for bucket in buckets_of(rows):
        busy = [(time_ms, reader) for time_ms, reader in bucket if activity[reader] >= fewest_shared]
        for at, (time_ms, reader) in enumerate(busy):
            for other_time, other in busy[at + 1 : at + 1 + neighbours]:
                if other_time - time_ms <= window_ms:
                    met[min(reader, other), max(reader, other)] += 1
    return sorted(pair for pair, times in met.items() if times >= 2)


def linker(rows: Rows, chance: ChanceModel) -> Link:
    """A function that says whether two readers agree within the window more often than chance allows."""
    cast: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    for story, reader, vote, time_ms in rows:
        cast[reader][story] = (vote, time_ms)

    def is_linked(one: int, other: int) -> bool:
        shared = [
            story
            for story in sorted(cast[one].keys() & cast[other].keys())
            if cast[one][story][0] == cast[other][story][0]
            and abs(cast[one][story][1] - cast[other][story][1]) <= chance.window_ms
        ]
        limit = chance.most_chance[min(len(shared), len(chance.most_chance) - 1)]
        pairs = chance.pair_scale * len(cast[one]) * len(cast[other])
        suspicious = sum(chance.excess[story] for story in shared)
        alike = 0.0
        for own, nearby in zip(chance.habit[one], chance.near[other], strict=True):
            alike += own * nearby
        return bool(pairs * (chance.total - suspicious) < limit and pairs * chance.meetings * alike < limit)

    return is_linked


def groups_plain(
    candidates: Sequence[tuple[int, int]], is_linked: Link, n_readers: int, density: float, probes: int
) -> list[int]:
    """The group of each reader, named by its smallest member; −1 for none."""
    degree: Counter[int] = Counter()
    near: dict[int, set[int]] = {reader: {reader} for reader in range(n_readers)}
    for one, other in candidates:
        if min(degree[one], degree[other]) < LINKS_ENOUGH and is_linked(one, other):
            degree[one] += 1
            degree[other] += 1
            joined = near[one] | near[other]
            for reader in joined:
                near[reader] = joined
    group = [-1] * n_readers
    for component in sorted({tuple(sorted(members)) for members in near.values() if len(members) > 1}):
        for dense in _dense_groups(list(component), degree, is_linked, density, probes):
            for reader in dense:
                group[reader] = dense[0]
    return group


def _dense_groups(
    free: list[int], degree: Counter[int], is_linked: Link, density: float, probes: int
) -> list[list[int]]:
    dense_groups = []
    while free:
        seed = min(free, key=lambda reader: (-degree[reader], reader))
        dense = _keep_dense([r for r in free if r == seed or is_linked(seed, r)], is_linked, density, probes)
        taken = {seed}
        if len(dense) >= 2:
            dense_groups.append(dense)
            taken.update(dense)
        free = [reader for reader in free if reader not in taken]
    return dense_groups


def _keep_dense(members: list[int], is_linked: Link, density: float, probes: int) -> list[int]:
    for _ in range(PRUNING_ROUNDS):
        size = len(members)
        tried = min(size - 1, probes)
        stays = [
            member
            for place, member in enumerate(members)
            if sum(
                is_linked(member, members[(place + 1 + probe * (size - 1) // tried) % size]) for probe in range(tried)
            )
            >= density * tried
        ]
        if size < 2 or len(stays) == size:
            break
        members = stays
    return members
