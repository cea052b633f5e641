"""One story's verdict: labels, objections and the attack price, against brute force and the open key's own scorer."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from touchstone.engine import PublicationRules, score_tally
from touchstone.engine._kernels import verdict as v
from touchstone.engine._kernels import verdict_rules as r
from touchstone.engine.table import ALL_LABELS

RULES = PublicationRules().of_verdict._replace(witnesses=0.0)
WITNESSED = PublicationRules().of_verdict
FREE = RULES._replace(newcomers_per_settled=1e9, needs_settled=False, turn_lead=0.0, turn_share=0.0)


def counts_of(real: dict[int, int], fake: dict[int, int]) -> np.ndarray:
    """Counts from place → voters; places 0 to 15 are settled readers by level, 16 newcomers."""
    counts = np.zeros((2, r.PLACES), dtype=np.int64)
    for side, voters in ((1, real), (0, fake)):
        for place, number in voters.items():
            counts[side, place] = number
    return counts


def random_counts(rng: np.random.Generator, most: int) -> np.ndarray:
    """A few voters at four places of each side."""
    counts = np.zeros((2, r.PLACES), dtype=np.int64)
    for side in (0, 1):
        counts[side, [0, 4, 15, 16]] = rng.integers(0, most, 4)
    return counts


def label_in_words(counts: np.ndarray, held: int = 0, rules: r.VerdictRules = RULES) -> str:
    return ALL_LABELS[v.label_of(counts, held, rules)[0]]


def brute_price(counts: np.ndarray, held: int, rules: r.VerdictRules) -> int:
    """The fewest reversals on the winning side that change the label, over all ways to choose whom to reverse."""
    label = v.label_of(counts, held, rules)[0]
    if label >= r.GATHERING:
        return -1
    key = v.open_key(counts, rules)
    winners = [side for side, leads in ((1, key.real >= key.fake), (0, key.fake >= key.real)) if leads]
    sides = [1] if label > r.MIXED else [0] if label < r.MIXED else winners
    prices = []
    for side in sides:
        places = [place for place in range(r.PLACES) if counts[side, place]]
        for moved in product(*(range(counts[side, place] + 1) for place in places)):
            turned = counts.copy()
            for place, number in zip(places, moved, strict=True):
                turned[side, place] -= number
                turned[1 - side, place] += number
            if v.label_of(turned, held, rules)[0] != label:
                prices.append(sum(moved))
    return min(prices, default=-1)


@pytest.mark.parametrize("seed", range(60))
def test_attack_price_equals_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = random_counts(rng, 5)
    for rules in (RULES, WITNESSED, RULES._replace(earned_quorum=2.0)):
        for held in (0, 1, -1):
            verdict = v.judge(counts, held, rules)
            assert verdict.price == brute_price(counts, held, rules)


@pytest.mark.parametrize(("real", "fake"), [(15, 1), (8, 2), (9, 1), (30, 30), (4, 5), (300, 40), (0, 12), (50, 2)])
def test_unproven_settled_readers_are_scored_like_a_bare_tally(real: int, fake: int) -> None:
    verdict, tally = v.judge(counts_of({0: real}, {0: fake}), 0, RULES), score_tally(real, fake)
    assert (verdict.mean, verdict.low, verdict.high) == (tally.index, tally.low, tally.high)
    assert ALL_LABELS[verdict.label] == tally.label
    assert verdict.price == (-1 if tally.attack_price is None else tally.attack_price)
    assert verdict.effective == tally.effective_votes


def test_newcomers_weigh_a_quarter_of_the_settled_however_many_they_are() -> None:
    for crowd in (5, 20, 5000):
        key = v.open_key(counts_of({0: 20}, {16: crowd}), RULES)
        assert (key.real, key.fake, key.independent) == (20.0, 5.0, 25.0)
        assert key.effective <= 25.0


@pytest.mark.parametrize(("settled", "heard"), [(0, 0), (3, 3), (5, 5), (7, 3), (8, 2), (40, 10)])
def test_newcomers_fill_up_to_ten_votes_but_never_outnumber_the_settled(settled: int, heard: int) -> None:
    assert v.open_key(counts_of({0: settled}, {16: 99}), RULES).independent == settled + heard


@pytest.mark.parametrize("seed", range(30))
def test_newcomers_alone_never_turn_a_label_to_the_other_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = random_counts(rng, 30)
    before = v.published_side(counts, 0, RULES)
    for side, crowd in product((0, 1), (1, 10, 100, 100_000)):
        flooded = counts.copy()
        flooded[side, 16] += crowd
        assert v.published_side(flooded, 0, RULES) != -before or before == 0


def test_newcomers_alone_have_no_label() -> None:
    assert label_in_words(counts_of({16: 500}, {})) == "gathering_votes"


def test_a_side_needs_the_settled_readers_on_it() -> None:
    disputed = counts_of({0: 3, 16: 12}, {0: 3})
    assert label_in_words(disputed) == "under_review"
    assert v.label_of(disputed, 0, RULES)[1] == r.NEWCOMERS_DISAGREE


def test_both_keys_must_agree_once_the_earned_key_has_quorum() -> None:
    five = counts_of({0: 40}, {15: 5})
    six = counts_of({0: 40}, {15: 6})
    assert label_in_words(five) == "likely_real"
    assert label_in_words(six) == "under_review"
    assert v.label_of(six, 0, RULES)[1] == r.KEYS_DISAGREE


def test_a_published_label_turns_only_with_a_clear_lead_in_both_keys() -> None:
    by_crowd = counts_of({0: 5}, {0: 500})
    assert label_in_words(by_crowd, held=0) == "highly_contested"
    assert label_in_words(by_crowd, held=1) == "under_review"
    assert v.label_of(by_crowd, 1, RULES)[1] == r.TURNED
    with_proven = counts_of({0: 5}, {0: 500, 15: 6})
    assert label_in_words(with_proven, held=1) == "highly_contested"
    by_few = counts_of({0: 10}, {0: 50, 15: 9})
    assert label_in_words(by_few, held=-1) == "highly_contested"
    assert label_in_words(by_few, held=1) == "under_review"


def test_a_proven_crowd_must_have_seen_a_story_before_it_gets_a_label() -> None:
    assert label_in_words(counts_of({0: 40, 1: 2}, {}), rules=WITNESSED) == "gathering_votes"
    assert label_in_words(counts_of({0: 40}, {15: 5}), rules=WITNESSED) == "gathering_votes"
    assert label_in_words(counts_of({0: 40, 1: 3}, {}), rules=WITNESSED) == "verified"
    assert v.label_of(counts_of({0: 40}, {}), 0, WITNESSED)[1] == r.UNWITNESSED


@pytest.mark.parametrize("seed", range(20))
def test_fewer_than_25_accounts_never_turn_a_published_label(seed: int) -> None:
    """24 votes added or reversed, whatever their weight, against 49 honest ones on the other side of the middle."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(0, 2))
    counts = np.zeros((2, r.PLACES), dtype=np.int64)
    counts[side, :16] = rng.multinomial(int(rng.integers(25, 50)), np.full(16, 1 / 16))
    counts[1 - side, :16] = rng.multinomial(int(rng.integers(0, 20)), np.full(16, 1 / 16))
    held = v.published_side(counts, 0, RULES)
    for reversed_ in (0, 12, 24):
        turned = v.turn_voters(counts, side, reversed_)
        turned[1 - side, 15] += 24 - reversed_
        assert v.published_side(turned, held, RULES) != -held or held == 0


def test_swapping_real_and_fake_mirrors_everything() -> None:
    counts = counts_of({0: 30, 7: 4, 16: 9}, {0: 6, 12: 1, 16: 3})
    one, other = v.judge(counts, 0, RULES), v.judge(counts[::-1].copy(), 0, RULES)
    assert one.mean + other.mean == pytest.approx(100.0, abs=1e-12)
    assert (one.low, one.price, one.label) == (100.0 - other.high, other.price, 4 - other.label)


def test_without_votes_there_is_a_wide_interval_and_no_label() -> None:
    verdict = v.judge(np.zeros((2, r.PLACES), dtype=np.int64), 0, RULES)
    assert (verdict.mean, verdict.low, verdict.high) == pytest.approx((50.0, 2.5, 97.5), abs=1e-12)
    assert (ALL_LABELS[verdict.label], verdict.price, verdict.effective) == ("gathering_votes", -1, 0.0)
