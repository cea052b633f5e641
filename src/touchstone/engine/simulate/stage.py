"""What an attacker has to work with, and the moves that attacks are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from touchstone.engine.earned import EarnedWeights
from touchstone.engine.simulate.world import DAY, HOUR, Booleans, Floats, Integers, World
from touchstone.engine.table import TrustTable

COLUMNS = ("story", "reader", "vote", "time_ms")
Verdicts = Callable[[Integers, Integers], Booleans]  # from stories and moments: which votes are real


@dataclass(frozen=True, slots=True)
class Stage:
    """One newsroom before the attack, all of it known to the attacker.

    rng      : the attack's own source of randomness
    accounts : how many accounts the attacker commands
    targets  : int64, shape (n_targets,), live stories whose honest label takes a side
    wanted   : int64, shape (n_targets,), the vote that pushes against that label
    table    : what is published without the attack
    earned   : what the honest readers have earned
    """

    world: World
    rng: np.random.Generator
    accounts: int
    targets: Integers
    wanted: Integers
    table: TrustTable
    earned: EarnedWeights

    @property
    def fresh(self) -> Integers:
        """Numbers for the attacker's own new accounts."""
        return self.world.n_readers + np.arange(self.accounts)


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes to add: int64 columns, shape (n_votes,)."""

    story: Integers
    reader: Integers
    vote: Integers
    time_ms: Integers


@dataclass(frozen=True, slots=True)
class Assault:
    """An attack carried out.

    world    : the newsroom after it
    votes    : the votes that it added
    accounts : int64, the readers that took part, own and taken over
    since_ms : int64, shape (n_accounts,), when the attacker began to work with each account
    """

    world: World
    votes: Votes
    accounts: Integers
    since_ms: Integers


def carry_out(stage: Stage, *moves: Votes, owned: Integers | None = None) -> Assault:
    """The newsroom after these votes; `owned` are accounts taken over from others, whose whole past was theirs."""
    votes = Votes(*(np.concatenate([getattr(move, name) for move in moves]) for name in COLUMNS))
    world = stage.world.with_votes(votes.story, votes.reader, votes.vote, votes.time_ms)
    accounts = np.unique(votes.reader) if owned is None else owned
    since = np.full(world.n_readers, np.iinfo(np.int64).max)
    np.minimum.at(since, world.reader, world.time_ms)
    return Assault(world, votes, accounts, since[accounts])


def strike_times(stage: Stage, n_accounts: int) -> Integers:
    """A moment for each account and target, spread over the last two days: int64, shape (n_accounts, n_targets)."""
    first = np.maximum(stage.world.published_ms[stage.targets] + 20 * HOUR, stage.world.now_ms - 2 * DAY)
    spread = stage.rng.random((n_accounts, len(stage.targets)))
    return np.asarray(first + spread * (stage.world.now_ms - first - HOUR), dtype=np.int64)


def strike(
    stage: Stage, accounts: Integers, times: Integers | None = None, *, taking_part: Booleans | None = None
) -> Votes:
    """Each account votes as wanted on each target (or on those where it takes part): shape (n_accounts, n_targets)."""
    times = strike_times(stage, len(accounts)) if times is None else times
    who, where = np.nonzero(np.ones(times.shape, dtype=np.bool_) if taking_part is None else taking_part)
    return Votes(stage.targets[where], accounts[who], stage.wanted[where], times[who, where])


def past_of(stage: Stage, since_days: float, until_days: float = 0.0) -> Integers:
    """Resolved stories published in that many days before now."""
    world = stage.world
    age = (world.now_ms - world.published_ms) / DAY
    return np.flatnonzero((world.resolved_ms >= 0) & (age <= since_days) & (age >= until_days))


def attend(stage: Stage, accounts: Integers, stories: Integers, votes_each: int) -> tuple[Integers, Integers, Integers]:
    """Stories, accounts and moments: each account picks so many of the stories, and comes within two days."""
    each = min(votes_each, len(stories))
    picked = np.argsort(stage.rng.random((len(accounts), len(stories))), axis=1)[:, :each]
    story, reader = stories[picked].ravel(), np.repeat(accounts, each)
    delay = stage.rng.random(len(story)) ** 2 * 2 * DAY
    return story, reader, stage.world.published_ms[story] + delay.astype(np.int64)


def history(stage: Stage, accounts: Integers, stories: Integers, votes_each: int, verdicts: Verdicts) -> Votes:
    """A past of votes for these accounts; `verdicts` says which votes are *real*."""
    story, reader, time_ms = attend(stage, accounts, stories, votes_each)
    return Votes(story, reader, verdicts(story, time_ms).astype(np.int64), time_ms)


def guess(stage: Stage, share: float = 0.5) -> Verdicts:
    """Verdicts by lot: real with this probability."""
    return lambda story, _: stage.rng.random(len(story)) < share


def know(stage: Stage, skill: Floats | float) -> Verdicts:
    """Verdicts that are right with these log-odds."""
    truth = stage.world.truth

    def decide(story: Integers, _: Integers) -> Booleans:
        is_right = stage.rng.random(len(story)) < 1.0 / (1.0 + np.exp(-np.broadcast_to(skill, len(story))))
        return np.asarray(is_right == (truth[story] == 1), dtype=np.bool_)

    return decide


def follow(stage: Stage, *, against: bool = False) -> Verdicts:
    """Verdicts with the public tally of the moment, the followers' own votes included (or all against it)."""

    def decide(story: Integers, time_ms: Integers) -> Booleans:
        world = stage.world
        stories = np.concatenate([world.story, story])
        votes = np.concatenate([world.vote, np.full(len(story), -1)]).tolist()
        order = np.lexsort((np.concatenate([world.time_ms, time_ms]), stories)).tolist()
        coins = (stage.rng.random(len(votes)) < 0.5).tolist()
        lead, at_story = 0, -1
        for place in order:
            if stories[place] != at_story:
                at_story, lead = stories[place], 0
            if votes[place] < 0:
                follows = lead > 0 if lead else coins[place]
                votes[place] = int(follows != against)
            lead += 2 * votes[place] - 1
        return np.array(votes[len(world.story) :], dtype=np.bool_)

    return decide
