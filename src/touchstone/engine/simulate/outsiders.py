"""Attacks by accounts that the attacker opens: crowds, farms and brigades."""

from __future__ import annotations

import numpy as np

from touchstone.engine.simulate.stage import (
    Assault,
    Stage,
    Votes,
    carry_out,
    follow,
    guess,
    history,
    know,
    past_of,
    strike,
    strike_times,
)
from touchstone.engine.simulate.world import HOUR, MINUTE

MONTHS = 120.0  # days over which a farm builds its past


def fresh(stage: Stage) -> Assault:
    """New accounts vote on every target, each at its own time."""
    return carry_out(stage, strike(stage, stage.fresh))


def random(stage: Stage) -> Assault:
    """Accounts with a past of 40 votes by lot."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 40, guess(stage))
    return carry_out(stage, past, strike(stage, stage.fresh))


def average(stage: Stage) -> Assault:
    """Accounts with a past of 40 votes that have the site's mean share of *real*."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 40, guess(stage, float(stage.world.vote.mean())))
    return carry_out(stage, past, strike(stage, stage.fresh))


def bandwagon(stage: Stage) -> Assault:
    """Accounts that followed the public tally 40 times."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 40, follow(stage))
    return carry_out(stage, past, strike(stage, stage.fresh))


def reverse_bandwagon(stage: Stage) -> Assault:
    """Accounts that voted against the public tally 40 times, in the hope of being right against it."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 40, follow(stage, against=True))
    return carry_out(stage, past, strike(stage, stage.fresh))


def camouflage(stage: Stage) -> Assault:
    """Accounts that read and judged 40 stories as well as honest readers do, then lie."""
    skill = float(np.mean(stage.world.skill))
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 40, know(stage, skill))
    return carry_out(stage, past, strike(stage, stage.fresh))


def skilled_farm(stage: Stage) -> Assault:
    """Accounts worked by people who are right 92 times in 100, 80 times each, then lie: the attack that pays."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 80, know(stage, 2.4))
    return carry_out(stage, past, strike(stage, stage.fresh))


def lockstep(stage: Stage) -> Assault:
    """One script: all accounts vote alike within eight minutes, on 15 past stories and on the targets."""
    stories = stage.rng.permutation(past_of(stage, MONTHS))[:15]
    verdict = stage.rng.random(len(stories)) < 0.6
    start = stage.world.published_ms[stories] + (stage.rng.uniform(0.1, 40.0, len(stories)) * HOUR).astype(np.int64)
    shape = (stage.accounts, len(stories))
    past = Votes(
        np.tile(stories, stage.accounts),
        np.repeat(stage.fresh, len(stories)),
        np.tile(verdict.astype(np.int64), stage.accounts),
        (start + stage.rng.integers(0, 8 * MINUTE, shape)).ravel(),
    )
    together = strike_times(stage, 1) + stage.rng.integers(0, 8 * MINUTE, (stage.accounts, len(stage.targets)))
    return carry_out(stage, past, strike(stage, stage.fresh, together))


def jittered_brain(stage: Stage) -> Assault:
    """One script with the same verdicts for all accounts, but each vote at its own hour."""
    stories = stage.rng.permutation(past_of(stage, MONTHS))[:40]
    verdict = know(stage, 1.25)(stories, stories)
    verdict_of = dict(zip(stories.tolist(), verdict.tolist(), strict=True))
    past = history(
        stage,
        stage.fresh,
        stories,
        40,
        lambda story, _: np.array([verdict_of[s] for s in story.tolist()]),
    )
    return carry_out(stage, past, strike(stage, stage.fresh))


def disjoint_partition(stage: Stage) -> Assault:
    """Cells that each vote within minutes on two targets only, so that no two accounts meet three times."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 12, follow(stage))
    n_targets = len(stage.targets)
    cells = max(1, (n_targets + 1) // 2)
    cell = np.arange(stage.accounts) % cells
    taking_part = (np.arange(n_targets)[None, :] // 2) == cell[:, None]
    together = strike_times(stage, 1) + stage.rng.integers(0, 8 * MINUTE, (stage.accounts, n_targets))
    return carry_out(stage, past, strike(stage, stage.fresh, together, taking_part=taking_part))


def slow_drip(stage: Stage) -> Assault:
    """Accounts opened over four months, a dozen followed votes each; they come one by one as long as votes do."""
    past = history(stage, stage.fresh, past_of(stage, MONTHS), 12, follow(stage))
    first = stage.world.published_ms[stage.targets] + 2 * HOUR
    spread = stage.rng.random((stage.accounts, len(stage.targets)))
    times = first + spread * (stage.world.now_ms - first - HOUR)
    return carry_out(stage, past, strike(stage, stage.fresh, times.astype(np.int64)))


def burst(stage: Stage) -> Assault:
    """Accounts a month old that all vote in the first ten minutes of each target, before anyone else."""
    past = history(stage, stage.fresh, past_of(stage, 40.0), 6, follow(stage))
    times = stage.world.published_ms[stage.targets] + stage.rng.integers(
        5_000, 10 * MINUTE, (stage.accounts, len(stage.targets))
    )
    return carry_out(stage, past, strike(stage, stage.fresh, times))


def squatting(stage: Stage) -> Assault:
    """Accounts a month old that come first, spread over the first two hours of each target."""
    past = history(stage, stage.fresh, past_of(stage, 40.0), 6, follow(stage))
    spread = stage.rng.random((stage.accounts, len(stage.targets))) * 2 * HOUR
    times = stage.world.published_ms[stage.targets] + 5_000 + spread.astype(np.int64)
    return carry_out(stage, past, strike(stage, stage.fresh, times))


def whitewashing(stage: Stage) -> Assault:
    """A new set of accounts for every target: nobody who lied is ever seen again."""
    share = np.arange(stage.accounts) % len(stage.targets)
    taking_part = share[:, None] == np.arange(len(stage.targets))[None, :]
    return carry_out(stage, strike(stage, stage.fresh, taking_part=taking_part))


def oscillation(stage: Stage) -> Assault:
    """Accounts that judge well for a while, lie for a while, judge well again, and then lie on the targets."""
    good, bad = know(stage, 2.0), know(stage, -2.0)
    spells = [
        history(stage, stage.fresh, past_of(stage, MONTHS, 90.0), 20, good),
        history(stage, stage.fresh, past_of(stage, 90.0, 70.0), 8, bad),
        history(stage, stage.fresh, past_of(stage, 70.0, 20.0), 20, good),
    ]
    return carry_out(stage, *spells, strike(stage, stage.fresh))
