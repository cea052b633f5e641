"""One story's verdict from the counts of its independent voters: index, interval, label and price, as plain scalars.

A story is a table of counts, int64, shape (2, 17): row 0 *fake*, row 1 *real*; columns 0 to 15 the settled readers by
weight level, column 16 the newcomers. All functions here run interpreted and compiled alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.special import beta_quantile
from touchstone.engine._kernels.verdict_rules import (
    AGREED,
    GATHERING,
    KEYS_DISAGREE,
    LEVELS,
    MIXED,
    NEWCOMERS,
    NEWCOMERS_DISAGREE,
    REVIEW,
    TURNED,
    UNWITNESSED,
    VerdictRules,
    heard_newcomers,
    side_of_band,
    voice_of,
    weight_of,
)

Counts = npt.NDArray[np.int64]

TAIL = 0.025
NEVER_WIDE_FROM = 60.0
MODERATE_WIDTH = 30.0


class OpenKey(NamedTuple):
    """The open key's sums: weight on each side, effective and independent number of votes."""

    real: float
    fake: float
    effective: float
    independent: float


class Verdict(NamedTuple):
    """What a table of counts amounts to.

    mean is the index; label 0 to 4 is a band, 5 gathering votes, 6 under review; a price of −1 is none.
    """

    mean: float
    low: float
    high: float
    effective: float
    independent: float
    earned_effective: float
    label: int
    reason: int
    price: int


def settled_votes(counts: Counts, side: int) -> int:
    """How many settled readers voted for a side."""
    total = 0
    for level in range(LEVELS + 1):
        total += counts[side, level]
    return total


def open_key(counts: Counts, rules: VerdictRules) -> OpenKey:
    """The open key: settled readers with their voice, newcomers together as `heard_newcomers` allows."""
    settled = float(settled_votes(counts, 0) + settled_votes(counts, 1))
    new = float(counts[0, NEWCOMERS] + counts[1, NEWCOMERS])
    heard = heard_newcomers(settled, new, rules)
    share = heard / new if new > 0.0 else 0.0
    real = 0.0
    fake = 0.0
    squares = 0.0
    for level in range(LEVELS + 1):
        voice = voice_of(level, rules.extra_voice)
        real += voice * float(counts[1, level])
        fake += voice * float(counts[0, level])
        squares += voice * voice * float(counts[0, level] + counts[1, level])
    # So far all sums are exact; only what newcomers add is rounded, once.
    real += share * float(counts[1, NEWCOMERS])
    fake += share * float(counts[0, NEWCOMERS])
    squares += share * share * new
    total = real + fake
    kish = total * total / squares if squares > 0.0 else 0.0
    return OpenKey(real, fake, min(kish, settled + heard), settled + heard)


def earned_key(counts: Counts) -> tuple[float, float, float]:
    """The earned key: weight for real, weight for fake, effective number of votes."""
    real = 0.0
    fake = 0.0
    squares = 0.0
    for level in range(1, LEVELS + 1):
        weight = weight_of(level)
        real += weight * float(counts[1, level])
        fake += weight * float(counts[0, level])
        squares += weight * weight * float(counts[0, level] + counts[1, level])
    total = real + fake
    return real, fake, total * total / squares if squares > 0.0 else 0.0


def scaled_votes(key: OpenKey) -> tuple[float, float]:
    """Real and fake votes once the open key's weights are scaled to its effective number of votes."""
    total = key.real + key.fake
    if total <= 0.0:
        return 0.0, 0.0
    return key.real * key.effective / total, key.fake * key.effective / total


def interval_of(real: float, fake: float) -> tuple[float, float]:
    """The 95 % credible interval, 0 to 100, mirrored exactly when real and fake change places."""
    low = beta_quantile(real + 1.0, fake + 1.0, TAIL)
    high = 1.0 - beta_quantile(fake + 1.0, real + 1.0, TAIL)
    return 100.0 * low, 100.0 * high


def index_of(real: float, fake: float) -> float:
    """The posterior mean, 0 to 100."""
    return 100.0 * (real + 1.0) / (real + fake + 2.0)


def band_of(real: float, fake: float) -> int:
    """The label's place on the scale, 0 to 4; an outer place needs an interval of Moderate width."""
    index = index_of(real, fake)
    band = 0
    for floor in (20.0, 40.0, 60.0, 80.0):
        if index >= floor:
            band += 1
    if (band == 0 or band == 4) and real + fake < NEVER_WIDE_FROM:
        low, high = interval_of(real, fake)
        if high - low > MODERATE_WIDTH:
            return 1 if band == 0 else 3
    return band


def objection(counts: Counts, side: int, held: int, rules: VerdictRules) -> int:
    """Why a label on that side may not be published; AGREED if nothing speaks against it."""
    real, fake, effective = earned_key(counts)
    has_earned = effective >= rules.earned_quorum
    if has_earned and (real - fake) * side <= 0.0:
        return KEYS_DISAGREE
    settled_lead = (settled_votes(counts, 1) - settled_votes(counts, 0)) * side
    if rules.needs_settled and settled_lead <= 0:
        return NEWCOMERS_DISAGREE
    if held * side < 0 and rules.turn_lead > 0.0:
        own = real if side > 0 else fake
        if not has_earned or settled_lead < rules.turn_lead or own < rules.turn_share * (real + fake):
            return TURNED
    return AGREED


def is_witnessed(counts: Counts, side: int, rules: VerdictRules) -> bool:
    """Whether enough proven readers voted for a side."""
    proven = 0
    for level in range(1, LEVELS + 1):
        proven += counts[1 if side > 0 else 0, level]
    return bool(proven >= rules.witnesses)


def label_of(counts: Counts, held: int, rules: VerdictRules) -> tuple[int, int]:
    """The label of a table of counts, and why it is under review if it is.

    held : the side, 1 or −1, that the story's last published label took; 0 if none did
    """
    key = open_key(counts, rules)
    if key.independent < rules.fewest_voters:
        return GATHERING, AGREED
    real, fake = scaled_votes(key)
    band = band_of(real, fake)
    if band == MIXED:
        return band, AGREED
    side = side_of_band(band)
    reason = objection(counts, side, held, rules)
    if reason != AGREED:
        return REVIEW, reason
    return (band, AGREED) if is_witnessed(counts, side, rules) else (GATHERING, UNWITNESSED)


def published_side(counts: Counts, held: int, rules: VerdictRules) -> int:
    """The side that the published label takes, without working out the label itself; 0 for none."""
    key = open_key(counts, rules)
    if key.independent < rules.fewest_voters:
        return 0
    real, fake = scaled_votes(key)
    index = index_of(real, fake)
    side = (1 if index >= 60.0 else 0) - (1 if index < 40.0 else 0)
    return side if side != 0 and objection(counts, side, held, rules) == AGREED else 0


def turn_voters(counts: Counts, side: int, voters: int) -> Counts:
    """The counts after so many voters of one side, the heaviest first, have changed to the other."""
    turned = counts.copy()
    left = voters
    for place in range(LEVELS, -1, -1):
        moved = min(left, counts[side, place])
        turned[side, place] -= moved
        turned[1 - side, place] += moved
        left -= moved
    moved = min(left, counts[side, NEWCOMERS])
    turned[side, NEWCOMERS] -= moved
    turned[1 - side, NEWCOMERS] += moved
    return turned


def price_from(counts: Counts, side: int, label: int, held: int, rules: VerdictRules) -> int:
    """The fewest voters of one side whose reversal changes the label; −1 if none does.

    The heaviest voters move every figure furthest, and a label once left does not come back, so halving finds it.
    """
    most = settled_votes(counts, side) + counts[side, NEWCOMERS]
    if label_of(turn_voters(counts, side, most), held, rules)[0] == label:
        return -1
    low = 0
    high = most
    while high - low > 1:
        middle = (low + high) // 2
        if label_of(turn_voters(counts, side, middle), held, rules)[0] == label:
            low = middle
        else:
            high = middle
    return int(high)


def price_of(counts: Counts, label: int, held: int, rules: VerdictRules) -> int:
    """The attack price k*: reversals on the winning side, in the middle the heavier one; −1 without a label."""
    if label >= GATHERING:
        return -1
    if label != MIXED:
        return price_from(counts, 1 if label > MIXED else 0, label, held, rules)
    key = open_key(counts, rules)
    from_real = price_from(counts, 1, label, held, rules) if key.real >= key.fake else -1
    from_fake = price_from(counts, 0, label, held, rules) if key.fake >= key.real else -1
    if from_real < 0 or from_fake < 0:
        return max(from_real, from_fake)
    return min(from_real, from_fake)


def judge(counts: Counts, held: int, rules: VerdictRules) -> Verdict:
    """The whole verdict of a table of counts."""
    key = open_key(counts, rules)
    real, fake = scaled_votes(key)
    low, high = interval_of(real, fake)
    label, reason = label_of(counts, held, rules)
    return Verdict(
        index_of(real, fake),
        low,
        high,
        key.effective,
        key.independent,
        earned_key(counts)[2],
        label,
        reason,
        price_of(counts, label, held, rules),
    )
