"""The trust index: worked cases, label rules and the exact attack price."""

import pytest
from scipy.special import betaincinv

from touchstone.engine import BadTally, credible_interval, score_tally
from touchstone.engine.index import MODERATE_WIDTH, NEVER_WIDE_FROM


def test_fifteen_of_sixteen_is_verified_at_moderate_confidence():
    trust = score_tally(15, 1)
    assert trust.share == 0.9375
    assert (round(trust.index, 1), round(trust.low, 1), round(trust.high, 1)) == (88.9, 71.3, 98.5)
    assert (trust.confidence, trust.label, trust.effective_votes) == ("moderate", "verified", 16.0)
    assert trust.probability is None
    assert trust.discounted == ()


@pytest.mark.parametrize(
    ("real", "fake", "index", "low", "high", "confidence", "label"),
    [
        (8, 2, 75.0, 48.2, 94.0, "low", "likely_real"),
        (9, 1, 83.3, 58.7, 97.7, "low", "likely_real"),
        (1, 9, 16.7, 2.3, 41.3, "low", "contested"),
        (5, 5, 50.0, 23.4, 76.6, "low", "mixed_opinions"),
        (1, 15, 11.1, 1.5, 28.7, "moderate", "highly_contested"),
        (5, 2, 66.7, 34.9, 91.5, "low", "gathering_votes"),
        (0, 0, 50.0, 2.5, 97.5, "low", "gathering_votes"),
    ],
)
def test_small_tallies_come_out_as_worked_by_hand(real, fake, index, low, high, confidence, label):
    trust = score_tally(real, fake)
    assert (round(trust.index, 1), round(trust.low, 1), round(trust.high, 1)) == (index, low, high)
    assert (trust.confidence, trust.label) == (confidence, label)


def test_a_story_without_votes_has_no_share_and_no_price():
    trust = score_tally(0, 0)
    assert trust.share is None
    assert trust.attack_price is None


def test_the_open_key_alone_never_gives_high_confidence():
    assert score_tally(10_000, 10).confidence == "moderate"


@pytest.mark.parametrize("tally", [(0, 0), (1, 0), (15, 1), (200, 31), (31, 200), (40_000, 1_000), (10**6, 3 * 10**5)])
def test_the_interval_agrees_with_scipy(tally):
    real, fake = tally
    low, high = credible_interval(real, fake)
    assert low == pytest.approx(100 * betaincinv(real + 1, fake + 1, 0.025), rel=1e-12)
    assert high == pytest.approx(100 * betaincinv(real + 1, fake + 1, 0.975), rel=1e-12)


def test_swapping_the_votes_mirrors_the_figures():
    for real, fake in [(15, 1), (8, 2), (70, 30), (3, 3)]:
        ours, theirs = score_tally(real, fake), score_tally(fake, real)
        assert ours.index == pytest.approx(100 - theirs.index)
        assert ours.low == pytest.approx(100 - theirs.high)
        assert ours.attack_price == theirs.attack_price or ours.index in (20, 40, 60, 80)


def brute_force_price(real, fake):
    label = score_tally(real, fake).label
    if label == "gathering_votes":
        return None
    costs = []
    if real >= fake:
        costs += [k for k in range(real + 1) if score_tally(real - k, fake + k).label != label]
    if fake >= real:
        costs += [k for k in range(fake + 1) if score_tally(real + k, fake - k).label != label]
    return min(costs, default=None)


def test_the_attack_price_is_the_brute_force_price_for_every_small_tally():
    for voters in range(75):
        for real in range(voters + 1):
            fake = voters - real
            assert score_tally(real, fake).attack_price == brute_force_price(real, fake), (real, fake)


@pytest.mark.parametrize("tally", [(900, 100), (601, 399), (100, 900), (500, 500), (9_100, 900)])
def test_the_attack_price_is_the_brute_force_price_for_large_tallies(tally):
    assert score_tally(*tally).attack_price == brute_force_price(*tally)


def test_no_outer_label_is_wide_from_sixty_votes_on():
    voters = int(NEVER_WIDE_FROM)
    for real in range(voters + 1):
        trust = score_tally(real, voters - real)
        if trust.index >= 80 or trust.index < 20:
            assert trust.high - trust.low < MODERATE_WIDTH


def test_negative_counts_are_refused():
    with pytest.raises(BadTally, match="0 or more, got -1 real"):
        score_tally(-1, 2)
