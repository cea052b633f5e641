"""Attacks through accounts, offices or people that are already inside: veterans, resolvers, the publisher."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from touchstone.engine.simulate.outsiders import MONTHS
from touchstone.engine.simulate.stage import (
    Assault,
    Stage,
    Votes,
    carry_out,
    follow,
    history,
    past_of,
    strike,
    strike_times,
)
from touchstone.engine.simulate.world import HOUR, MINUTE, Booleans, Integers


def hijacked_top(stage: Stage) -> Assault:
    """The readers of the highest earned weight, taken over: their votes on the targets are added or turned."""
    level = stage.earned.level[: stage.world.n_honest]
    taken = np.argsort(-level, kind="stable")[: stage.accounts]
    return carry_out(stage, strike(stage, taken), owned=taken)


def bought_mixed(stage: Stage) -> Assault:
    """Honest readers of all kinds who sell their vote on each target, those who had voted first of all."""
    has_voted = _voters(stage)
    order = np.argsort(stage.rng.random(stage.world.n_honest) - 2.0 * has_voted.any(axis=1), kind="stable")
    sold = order[: stage.accounts]
    return carry_out(stage, strike(stage, sold), owned=sold)


def publisher_stuffing(stage: Stage) -> Assault:
    """The publisher votes in the name of settled readers who had not voted on the target."""
    activity = np.bincount(stage.world.reader, minlength=stage.world.n_honest)[: stage.world.n_honest]
    sleepers = stage.rng.permutation(np.flatnonzero(activity >= 4))[: stage.accounts]
    return carry_out(stage, strike(stage, sleepers, taking_part=~_voters(stage)[sleepers]), owned=sleepers)


def framing_clones(stage: Stage) -> Assault:
    """Clones echo the weightiest honest reader within minutes, so that detection silences them both; then they lie."""
    world = stage.world
    star = int(np.argmax(stage.earned.level[: world.n_honest]))
    rows = np.flatnonzero((world.reader == star) & (world.resolved_ms[world.story] >= 0))
    copied = stage.rng.permutation(rows)[:20]
    echo = Votes(
        np.tile(world.story[copied], stage.accounts),
        np.repeat(stage.fresh, len(copied)),
        np.tile(world.vote[copied], stage.accounts),
        np.tile(world.time_ms[copied], stage.accounts)
        + stage.rng.integers(1_000, 6 * MINUTE, stage.accounts * len(copied)),
    )
    return carry_out(stage, echo, strike(stage, stage.fresh))


def cheapest_flip(stage: Stage) -> Assault:
    """Reads the whole table, takes the target of the lowest price, and spends all on it: proven accounts, then bought.

    A third of the accounts are bought from the target's own voters and the proven, the rest were aged for months.
    """
    price = stage.table.attack_price[stage.targets]
    cheapest = int(np.argmin(np.where(price < 0, np.iinfo(np.int64).max, price)))
    alone = replace(stage, targets=stage.targets[[cheapest]], wanted=stage.wanted[[cheapest]])
    bought = _heaviest_voters(alone, stage.accounts // 3)
    aged = stage.fresh[: stage.accounts - len(bought)]
    past = history(stage, aged, past_of(stage, MONTHS), 12, follow(stage))
    accounts = np.concatenate([bought, aged])
    return carry_out(alone, past, strike(alone, accounts), owned=accounts)


def colluding_resolver(stage: Stage) -> Assault:
    """Resolvers sign the wrong outcome for 12 past stories, on which the attacker's accounts had voted just so."""
    world = stage.world
    stories = stage.rng.permutation(past_of(stage, MONTHS))[:12]
    truth = world.truth.copy()
    truth[stories] = 1 - truth[stories]
    delay = stage.rng.random((stage.accounts, len(stories))) * 20 * HOUR
    bets = Votes(
        np.tile(stories, stage.accounts),
        np.repeat(stage.fresh, len(stories)),
        np.tile(truth[stories], stage.accounts),
        (world.published_ms[stories] + delay.astype(np.int64)).ravel(),
    )
    corrupt = replace(stage, world=replace(world, truth=truth))
    return carry_out(corrupt, bets, strike(corrupt, stage.fresh, strike_times(stage, stage.accounts)))


def _voters(stage: Stage) -> Booleans:
    """Who has voted on which target: bool, shape (n_honest, n_targets)."""
    has_voted = np.zeros((stage.world.n_honest, len(stage.targets)), dtype=np.bool_)
    for place, target in enumerate(stage.targets):
        has_voted[stage.world.reader[stage.world.story == target], place] = True
    return has_voted


def _heaviest_voters(stage: Stage, number: int) -> Integers:
    """The heaviest voters on the winning side of the only target, the proven first."""
    world = stage.world
    rows = np.flatnonzero((world.story == stage.targets[0]) & (world.vote != stage.wanted[0]))
    voters = world.reader[rows]
    return voters[np.argsort(-stage.earned.level[voters], kind="stable")][:number]
