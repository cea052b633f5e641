"""What a verdict goes by: places, label numbers, the rules' numbers, and what a voter in a place weighs."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = 15
NEWCOMERS = 16
PLACES = 17
MIXED = 2
GATHERING = 5
REVIEW = 6
AGREED, KEYS_DISAGREE, NEWCOMERS_DISAGREE, TURNED, UNWITNESSED = 0, 1, 2, 3, 4
STEPS = 1024.0  # weights are whole multiples of 1/1024, so that their sums are exact in any order


class VerdictRules(NamedTuple):
    """The numbers of the label rules; `PublicationRules` says what each means."""

    fewest_voters: float = 10.0
    newcomers_per_settled: float = 0.25
    extra_voice: float = 1.0
    earned_quorum: float = 6.0
    needs_settled: bool = True
    turn_lead: float = 50.0
    turn_share: float = 2.0 / 3.0
    witnesses: float = 3.0


def voice_of(level: int, extra_voice: float) -> float:
    """The weight in the open key of a settled reader with that weight level."""
    return 1.0 + float(int(extra_voice * level / LEVELS * STEPS + 0.5)) / STEPS


def weight_of(level: int) -> float:
    """The weight in the earned key of a reader with that weight level."""
    return float(int(level / LEVELS * STEPS + 0.5)) / STEPS


def heard_newcomers(settled: float, new: float, rules: VerdictRules) -> float:
    """How many newcomers' votes count: a share of the settled, or what a label still lacks, then at most as many."""
    missing = min(settled, rules.fewest_voters - settled)
    return min(new, max(rules.newcomers_per_settled * settled, missing))


def side_of_band(band: int) -> int:
    """1 for the bands that call a story real, −1 for those that call it fake, 0 for the middle."""
    return (1 if band > MIXED else 0) - (1 if band < MIXED else 0)
