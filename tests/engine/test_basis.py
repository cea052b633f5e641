"""A story scored from its basis: the same bits as the compiled verdict, and bases that cannot be are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.engine.votes import evidence_of

from touchstone.engine import (
    ALL_LABELS,
    REVIEW_REASONS,
    BadBasis,
    Basis,
    Place,
    PublicationRules,
    held_after,
    plain_basis,
    publish,
    score_basis,
    score_tally,
)
from touchstone.engine._kernels import verdict as v
from touchstone.engine._kernels import verdict_rules as r
from touchstone.engine.simulate.world import WorldRules, make_world


def basis_of(counts: np.ndarray, held: int = 0, *, has_crowd: bool = False) -> Basis:
    """A basis from a table of counts, (2, 17), row 0 fake."""
    used = [place for place in range(r.PLACES) if counts[:, place].any()]
    return Basis(tuple(Place(place, int(counts[0, place]), int(counts[1, place])) for place in used), held, has_crowd)


def random_counts(rng: np.random.Generator) -> np.ndarray:
    """Votes here and there, sometimes with a crowd of unproven readers or one-sided."""
    most, filled = rng.choice([3, 9, 60]), rng.choice([0.1, 0.3, 0.8])
    counts = rng.integers(0, most, (2, r.PLACES)) * (rng.random((2, r.PLACES)) < filled)
    counts[rng.integers(0, 2)] *= rng.choice([1, 3])
    counts[:, 0] += rng.integers(0, 40, 2) * rng.integers(0, 2)
    return counts.astype(np.int64)


@pytest.mark.parametrize("seed", range(10))
def test_a_basis_is_scored_like_the_compiled_verdict_to_the_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(60):
        counts, held, has_crowd = random_counts(rng), int(rng.integers(-1, 2)), bool(rng.integers(0, 2))
        rules = r.VerdictRules() if has_crowd else r.VerdictRules()._replace(witnesses=0.0)
        verdict, trust = v.judge(counts, held, rules), score_basis(basis_of(counts, held, has_crowd=has_crowd))
        assert (trust.index, trust.low, trust.high) == (verdict.mean, verdict.low, verdict.high)
        assert trust.effective_votes == verdict.effective
        assert (trust.label, trust.review) == (ALL_LABELS[verdict.label], REVIEW_REASONS[verdict.reason])
        assert trust.attack_price == (None if verdict.price < 0 else verdict.price)


def test_every_row_of_a_full_fit_follows_from_its_places() -> None:
    world = make_world(np.random.default_rng(12), WorldRules(readers=400, past=200, live=20, days=120.0))
    everyone = np.ones(world.n_stories, dtype=bool)
    whole = publish(world, replace(evidence_of(world), has_both_sides=everyone))
    for story in range(world.n_stories):
        rows = world.story == story
        sides = [np.bincount(whole.place[rows & (world.vote == side)] + 2, minlength=19) for side in (0, 1)]
        places = tuple(
            Place(number - 2, int(sides[0][number]), int(sides[1][number]))
            for number in range(19)
            if sides[0][number] + sides[1][number]
        )
        held = int(whole.table.held[story])
        basis = Basis(places, held, whole.readers.has_crowd, has_both_sides=True)
        assert score_basis(basis) == whole.table.story(story)
        assert held_after(basis) == held


def test_the_numbers_that_both_forms_of_the_verdict_go_by_are_those_of_the_rules() -> None:
    assert PublicationRules().of_verdict == r.VerdictRules()


def test_a_plain_basis_gives_the_figures_of_the_bare_tally() -> None:
    assert score_basis(plain_basis(15, 1)) == score_tally(15, 1)
    assert plain_basis(15, 1).is_plain
    assert not replace(plain_basis(15, 1), held=1).is_plain
    assert not Basis((Place(0, 1, 9), Place(16, 0, 3))).is_plain


def proven(real: int, fake: int, level: int = 15) -> Basis:
    """Ninety unproven readers say real, five fake; so many proven ones say real and fake."""
    return Basis((Place(0, 5, 90), Place(level, fake, real)))


def test_proven_readers_on_the_other_side_put_a_story_under_review() -> None:
    opposed = score_basis(proven(1, 7))
    assert (opposed.label, opposed.review, opposed.attack_price) == ("under_review", "keys_disagree", None)
    assert score_basis(proven(7, 1)).label == "verified"
    assert score_basis(proven(4, 4)).label == "under_review", "a tied earned key stands on no side"
    assert score_basis(proven(0, 5)).label == "verified", "five are too few to have a say"


def test_proven_readers_lift_the_cap_on_confidence_if_both_viewpoints_agree() -> None:
    many = Basis((Place(0, 5, 400), Place(15, 1, 9)), has_both_sides=True)
    assert score_basis(many).confidence == "high"
    assert score_basis(replace(many, has_both_sides=False)).confidence == "moderate"
    assert score_basis(Basis((Place(0, 5, 400),), has_both_sides=True)).confidence == "moderate"


def test_newcomers_alone_never_make_a_label() -> None:
    trust = score_basis(Basis((Place(16, 0, 500),)))
    assert (trust.label, trust.index, trust.discounted) == ("gathering_votes", 50.0, (("unproven", 500),))


def test_a_label_is_held_against_a_crowd_that_turns_it_round() -> None:
    turned = Basis((Place(0, 140, 30),), held=1)
    assert (score_basis(turned).label, score_basis(turned).review) == ("under_review", "turned")
    assert held_after(turned) == 1
    assert score_basis(replace(turned, held=0)).label == "highly_contested"
    assert held_after(replace(turned, held=0)) == -1


def test_collapsed_and_surplus_votes_are_counted_raw_but_not_heard() -> None:
    trust = score_basis(Basis((Place(-2, 0, 3), Place(-1, 0, 40), Place(0, 2, 10))))
    assert (trust.real, trust.fake, trust.effective_votes) == (53, 2, 12.0)
    assert trust.discounted == (("lockstep", 40), ("over_quota", 3))


@pytest.mark.parametrize("basis", [Basis(), proven(7, 1), Basis((Place(-1, 0, 2),), -1, True, True, 0.1 + 0.2)])
def test_a_basis_is_read_back_from_the_ledgers_form(basis: Basis) -> None:
    assert Basis.from_fields(basis.as_fields()) == basis


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"places": [[17, 0, 1]]}, "place 17"),
        ({"places": [[0, 0, 1], [0, 1, 0]]}, "twice"),
        ({"places": [[0, 0, 0]]}, "0 fake and 0 real"),
        ({"places": [[0, -1, 5]]}, "-1 fake"),
        ({"places": [[0, 1.5, 5]]}, "1.5"),
        ({"places": [[0, 1]]}, "argument"),
        ({"held": 2}, "held is 2"),
        ({"probability": "1.5"}, "1.5"),
        ({"probability": "0.50"}, "shortest"),
        ({"crowd": 1}, "members"),
        ({"more": 1}, "members"),
    ],
)
def test_a_basis_that_cannot_be_is_refused_with_a_reason(change: dict[str, object], said: str) -> None:
    with pytest.raises(BadBasis, match=said):
        Basis.from_fields({**Basis().as_fields(), **change})
