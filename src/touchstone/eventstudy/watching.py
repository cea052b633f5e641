"""Whether a move around an event is worth a second look, also when one looks again every minute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from touchstone.eventstudy.study import Study, Window

# The bound is tightest for moves that are about an hour old: 3600 / (2 ln(1/0.005) + ln(1 + 2 ln(1/0.005))).
TIGHTEST_FOR_S = 275.0
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class WatchRule:
    """What counts as a move worth a look.

    least_move : smallest abnormal return, as a fraction without its sign
    chance     : chance that noise alone is called a move, over all looks at one event, before and after it
    """

    least_move: float = 0.03
    chance: float = 0.01


@dataclass(frozen=True, slots=True)
class Move:
    """An abnormal move before or after an event.

    abnormal, low, high : abnormal return as a fraction, with the 95 % interval of a single look
    chance              : chance that noise alone ever looks like this while somebody keeps watching
    came_before         : whether it happened before the event
    """

    abnormal: float
    low: float
    high: float
    chance: float
    start_s: float
    end_s: float
    came_before: bool


def chance_if_watched(p_value: float, elapsed_s: float) -> float:
    """Chance that a price without any effect ever shows a p-value as small as this, if one keeps looking; at most 1.

    p_value   : two-sided, of the look at `elapsed_s` seconds after the event
    One look in twenty at noise has a p-value under 0.05; of a thousand looks at the same price, some nearly always
    have. This one may be looked at every minute for as long as one likes: it is the inverse of a mixture martingale.
    Source: Robbins (1970), Annals of Mathematical Statistics 41(5):1397-1409; Howard, Ramdas, McAuliffe and Sekhon
    (2021), Annals of Statistics 49(2):1055-1080.
    """
    if p_value <= 0.0:
        return 0.0
    if p_value >= 1.0:
        return 1.0
    deviations = _NORMAL.inv_cdf(0.5 * p_value)
    weight = elapsed_s / (elapsed_s + TIGHTEST_FOR_S)
    return min(1.0, math.exp(-0.5 * deviations * deviations * weight) / math.sqrt(1.0 - weight))


def move_in(found: Study, rule: WatchRule | None = None) -> Move | None:
    """The move of a study that is worth a look: after the event, else before it; None if neither is.

    found : run with `Design(excuse_stir=False)`, because a loud market around an event is what one watches for
    The drift before the event is looked at once, what follows again and again; each gets half of the rule's chance.
    Source: docs/explanation/event-study.md
    """
    rule = rule or WatchRule()
    after, before = found.window, found.drift
    moves = [_move(after, chance_if_watched(after.abnormal.p_value, after.end_s - after.start_s), came_before=False)]
    if before is not None:
        moves.append(_move(before, before.abnormal.p_value, came_before=True))
    worth = (move for move in moves if abs(move.abnormal) >= rule.least_move and move.chance <= rule.chance / 2)
    return next(worth, None)


def _move(window: Window, chance: float, *, came_before: bool) -> Move:
    held = window.abnormal
    return Move(held.value, held.low, held.high, chance, window.start_s, window.end_s, came_before)
