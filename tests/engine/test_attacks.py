"""What attacks do to published labels: a quick part of the figures in docs/explanation/attacks.md."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from touchstone.engine import LockstepRules, PublicationRules
from touchstone.engine.simulate import ATTACKS, BY_NAME, Row, run_attacks, summarise

WEAKENED = PublicationRules(
    newcomers_per_settled=1e9, needs_settled=False, earned_quorum=1e9, witnesses=0.0, turn_lead=0.0
)


@cache
def figures(name: str, accounts: int | None = None, rules: PublicationRules | None = None) -> Row:
    """One attack on two newsrooms."""
    return summarise(run_attacks([BY_NAME[name]], range(2), accounts=accounts, rules=rules))[name]


def test_five_thousand_fresh_accounts_flip_nothing_and_leave_the_earned_key_as_it_is() -> None:
    row = figures("fresh")
    assert row["accounts"] == 5000
    assert row["targets"] == 20
    assert (row["flipped"], row["planted"], row["earned_same"]) == (0, 0, 1)


def test_a_hundred_accounts_in_lockstep_are_one_voter_and_no_honest_reader_is_hit() -> None:
    row = figures("lockstep")
    assert row["accounts"] == 100
    assert (row["voices"], row["silenced"], row["flipped"]) == (1, 0, 0)


def test_a_thousand_riders_of_forty_votes_flip_nothing() -> None:
    row = figures("bandwagon")
    assert row["accounts"] == 1000
    assert (row["flipped"], row["planted"]) == (0, 0)


@pytest.mark.parametrize("name", [attack.name for attack in ATTACKS])
def test_twenty_four_accounts_never_turn_a_label_that_was_out(name: str) -> None:
    row = figures(name, 24)
    assert 0 < row["accounts"] <= 24
    assert row["flipped"] == 0


@pytest.mark.parametrize("name", ["fresh", "bandwagon", "camouflage"])
def test_the_same_attack_succeeds_on_weakened_rules(name: str) -> None:
    """Positive control: what the rules stop, it is they that stop it."""
    row = figures(name, None, WEAKENED)
    assert row["flipped"] > 0.7 * row["targets"]


def test_lockstep_that_is_not_looked_for_keeps_its_hundred_voices() -> None:
    """Positive control of the collapse."""
    blind = replace(PublicationRules(), lockstep=LockstepRules(window_ms=0))
    assert figures("lockstep", None, blind)["voices"] == 100


def test_peers_are_measured_beside_ours_and_majority_falls_to_a_crowd() -> None:
    row = figures("fresh")
    assert row["majority_flipped"] > 0.9 * row["targets"]
    assert 0 <= row["bridging_flipped"] <= row["bridging_lost"] <= row["targets"]


def test_a_seed_gives_the_same_outcome_alone_and_among_others() -> None:
    alone = dict.fromkeys([(name, seed, outcome) for name, seed, outcome in run_attacks([BY_NAME["lockstep"]], [1])])
    among = run_attacks([BY_NAME["squatting"], BY_NAME["lockstep"]], [0, 1], accounts=None)
    assert set(alone) <= set(among)


def test_every_attack_says_what_it_does() -> None:
    assert all(attack.summary.endswith(".") for attack in ATTACKS)
    assert len(BY_NAME) == len(ATTACKS) >= 19
    assert np.all([attack.accounts > 0 for attack in ATTACKS])
