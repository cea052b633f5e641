"""A made-up newsroom with a known truth: months of honest votes, resolved stories, and live ones to attack."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class WorldRules:
    """What kind of newsroom is made up; the defaults are a mid-sized site half a year old.

    readers              honest readers ever
    past, live           stories resolved long ago; stories open now
    votes                typical (median) votes of a story; the spread is log-normal
    days                 age of the site
    resolve_days         from publication to resolution
    prompt_share         share of readers that a notification brings within minutes
    newcomer_share       share of readers that join evenly over the site's life; the others are there from the start
    deceptive_share      share of stories on which most readers err
    sections             sections of the site; readers differ in what draws them (spread of the log-odds: section_pull)
    """

    readers: int = 900
    past: int = 260
    live: int = 40
    votes: float = 49.0
    votes_spread: float = 0.45
    days: float = 180.0
    resolve_days: float = 10.0
    activity_spread: float = 1.3
    skill: float = 1.25
    skill_spread: float = 0.8
    prompt_share: float = 0.06
    newcomer_share: float = 0.5
    deceptive_share: float = 0.06
    sections: int = 6
    section_pull: float = 1.0
    real_share: float = 0.65


@dataclass(frozen=True, slots=True)
class World:
    """Votes and truth of one made-up newsroom; row order is by story, time and reader.

    story, reader, vote, time_ms : int64, shape (n_votes,)
    truth                        : int64, shape (n_stories,), 1 real, 0 fake
    published_ms                 : int64, shape (n_stories,)
    resolved_ms                  : int64, shape (n_stories,); −1 = still open
    skill                        : float64, shape (n_honest,), log-odds of a right vote on a story of no difficulty
    n_readers                    : honest readers and accounts added since
    """

    story: Integers
    reader: Integers
    vote: Integers
    time_ms: Integers
    truth: Integers
    published_ms: Integers
    resolved_ms: Integers
    skill: Floats
    n_readers: int
    now_ms: int

    @property
    def n_stories(self) -> int:
        """How many stories there are, resolved and open."""
        return len(self.truth)

    @property
    def n_honest(self) -> int:
        """How many honest readers there are; their numbers come before those of any attacker."""
        return len(self.skill)

    @property
    def live(self) -> Integers:
        """The stories still open, ascending."""
        return np.flatnonzero(self.resolved_ms < 0)

    def with_votes(self, story: Integers, reader: Integers, vote: Integers, time_ms: Integers) -> World:
        """The same newsroom after these further votes; where a reader has voted already, the later vote counts."""
        columns = [
            np.concatenate([old, np.asarray(new, dtype=np.int64)])
            for old, new in zip(
                (self.story, self.reader, self.vote, self.time_ms), (story, reader, vote, time_ms), strict=True
            )
        ]
        n_readers = max(self.n_readers, int(columns[1].max()) + 1)
        tidied = _tidied(*columns)
        return replace(
            self,
            story=tidied[0],
            reader=tidied[1],
            vote=tidied[2],
            time_ms=tidied[3],
            n_readers=n_readers,
        )


def _tidied(
    story: Integers, reader: Integers, vote: Integers, time_ms: Integers
) -> tuple[Integers, Integers, Integers, Integers]:
    """One vote per reader and story, the last, in order of story, time and reader."""
    by_pair = np.lexsort((time_ms, reader, story))
    is_last = np.ones(len(by_pair), dtype=np.bool_)
    is_last[:-1] = (story[by_pair][1:] != story[by_pair][:-1]) | (reader[by_pair][1:] != reader[by_pair][:-1])
    kept = by_pair[is_last]
    kept = kept[np.lexsort((reader[kept], time_ms[kept], story[kept]))]
    return story[kept], reader[kept], vote[kept], time_ms[kept]


def make_world(rng: np.random.Generator, rules: WorldRules | None = None) -> World:
    """A newsroom drawn from `rng`: the same generator state gives the same newsroom."""
    rules = rules or WorldRules()
    published, resolved, now = _calendar(rng, rules)
    truth = (rng.random(len(published)) < rules.real_share).astype(np.int64)
    joined = np.where(rng.random(rules.readers) < rules.newcomer_share, rng.random(rules.readers) * now, 0.0).astype(
        np.int64
    )
    skill = rng.normal(rules.skill, rules.skill_spread, rules.readers)
    story, reader = _attendance(rng, rules, published, joined)
    vote = _verdicts(rng, rules, truth, skill, story, reader)
    time_ms = published[story] + _delays(rng, rules, reader)
    in_time = time_ms < np.where(resolved[story] < 0, now, resolved[story])
    columns = _tidied(story[in_time], reader[in_time], vote[in_time], time_ms[in_time])
    return World(
        *columns,
        truth=truth,
        published_ms=published,
        resolved_ms=resolved,
        skill=skill,
        n_readers=rules.readers,
        now_ms=now,
    )


def _calendar(rng: np.random.Generator, rules: WorldRules) -> tuple[Integers, Integers, int]:
    now = int(rules.days * DAY)
    settle = int(rules.resolve_days * DAY)
    past = np.sort(rng.integers(0, now - 2 * settle, rules.past))
    live = np.sort(rng.integers(now - 6 * DAY, now - 3 * DAY, rules.live))
    published = np.concatenate([past, live])
    resolved = np.concatenate([past + settle, np.full(rules.live, -1, dtype=np.int64)])
    return published, resolved, now


def _attendance(
    rng: np.random.Generator, rules: WorldRules, published: Integers, joined: Integers
) -> tuple[Integers, Integers]:
    """Who votes on what: readers drawn without replacement by activity (Gumbel's top-k), after they joined."""
    activity = rng.normal(0.0, rules.activity_spread, rules.readers)
    interest = rng.normal(0.0, rules.section_pull, (rules.sections, rules.readers))
    keys = activity[None, :] + interest[rng.integers(0, rules.sections, len(published))]
    keys += rng.gumbel(size=keys.shape)
    keys[joined[None, :] > published[:, None]] = -np.inf
    wanted = np.clip(rng.lognormal(np.log(rules.votes), rules.votes_spread, len(published)), 8, 0.4 * rules.readers)
    order = np.argsort(-keys, axis=1, kind="stable")
    chosen = np.arange(rules.readers)[None, :] < wanted[:, None]
    chosen &= np.isfinite(np.take_along_axis(keys, order, axis=1))
    rows, columns = np.nonzero(chosen)
    return rows.astype(np.int64), order[rows, columns].astype(np.int64)


def _verdicts(
    rng: np.random.Generator, rules: WorldRules, truth: Integers, skill: Floats, story: Integers, reader: Integers
) -> Integers:
    """Votes: right with log-odds skill − difficulty; on a deceptive story the difficulty outdoes most skills."""
    difficulty = rng.normal(0.0, 0.6, len(truth))
    difficulty += np.where(rng.random(len(truth)) < rules.deceptive_share, 2.2, 0.0)
    right = rng.random(len(story)) < 1.0 / (1.0 + np.exp(difficulty[story] - skill[reader]))
    return np.where(right, truth[story], 1 - truth[story]).astype(np.int64)


def _delays(rng: np.random.Generator, rules: WorldRules, reader: Integers) -> Integers:
    """Milliseconds from publication to vote: some readers come with the notification, the others over a day or two."""
    is_prompt = rng.random(rules.readers) < rules.prompt_share
    median_ms = np.where(is_prompt, 12.0 * MINUTE, 5.0 * HOUR * rng.lognormal(0.0, 0.5, rules.readers))
    spread = rng.lognormal(0.0, 1.0, len(reader))
    return np.clip(median_ms[reader] * spread, 20_000, 2.5 * DAY).astype(np.int64)
