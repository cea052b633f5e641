"""The chance that a vote is right by what was public just before it: riding the public figures earns nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.special import sigmoid

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAN_STEPS = 4  # leans are rounded to 1/4, so that a fit needs only their counts
MOST_LEAN = 12.0
CHANCE_STEPS = 1024.0  # chances are whole multiples of 1/1024, so that sums over them are exact in any order
PRIOR_SLOPE = 0.5
PRIOR_SLOPE_WEIGHT = 4.0
PRIOR_OFFSET_WEIGHT = 2.0
NEWTON_STEPS = 20
CURVE_WEIGHT = 0.1  # stories' worth of the logistic curve at each place


@dataclass(frozen=True, slots=True)
class LeanCalibration:
    """How likely a story is real at each lean; a lean is what a running tally says before a vote.

    probability : float64, shape (n_places,), rising, multiples of 1/1024; places are leans from −12 to 12
    """

    probability: Floats

    def chances(self, lean: Floats) -> Floats:
        """The probability that a story is real: float64, shape of `lean`."""
        return self.probability[lean_places(lean)]


def lean_places(lean: Floats) -> Integers:
    """The place of each lean in the table from −12 to 12 in steps of 1/4: int64, shape of `lean`."""
    steps = np.floor(np.clip(lean, -MOST_LEAN, MOST_LEAN) * LEAN_STEPS + 0.5)
    return steps.astype(np.int64) + int(MOST_LEAN * LEAN_STEPS)


def calibrate_lean(lean: Floats, outcome: Integers, weight: Floats) -> LeanCalibration:
    """The calibration of a running tally's lean on resolved stories.

    A logistic curve, by penalised maximum likelihood, enters each place with the weight of a tenth of a story; the
    steps that the stories themselves show, made to rise, overrule it where they are many.

    lean    : float64, shape (n_graded,), just before each graded vote
    outcome : int64, shape (n_graded,), 1 if the vote's story turned out real
    weight  : float64, shape (n_graded,), one over the number of graded votes of the story, so that stories count alike
    """
    places = lean_places(lean)
    n_places = 2 * int(MOST_LEAN * LEAN_STEPS) + 1
    total = np.bincount(places, weights=weight, minlength=n_places)
    real = np.bincount(places, weights=weight * outcome, minlength=n_places)
    leans = [place / LEAN_STEPS - MOST_LEAN for place in range(n_places)]
    at = [(leans[place], float(total[place]), float(real[place])) for place in np.flatnonzero(total > 0)]
    slope, offset = PRIOR_SLOPE, 0.0
    for _ in range(NEWTON_STEPS):
        step_slope, step_offset = _newton_step(at, slope, offset)
        slope, offset = slope + step_slope, offset + step_offset
    curve = np.array([sigmoid(max(slope, 0.0) * each + offset) for each in leans])
    mass = np.asarray(total + CURVE_WEIGHT, dtype=np.float64)
    rising = make_rising((real + CURVE_WEIGHT * curve) / mass, mass)
    return LeanCalibration(np.floor(rising * CHANCE_STEPS + 0.5) / CHANCE_STEPS)


def make_rising(share: Floats, weight: Floats) -> Floats:
    """The rising sequence nearest to `share` in weighted squares, by pooling neighbours that fall.

    Source: Ayer et al. (1955), Annals of Mathematical Statistics 26(4):641-647.
    """
    blocks: list[tuple[float, float, int]] = []
    for value, mass in zip(share.tolist(), weight.tolist(), strict=True):
        block = (value, mass, 1)
        while blocks and blocks[-1][0] > block[0]:
            before = blocks.pop()
            joint = before[1] + block[1]
            block = ((before[0] * before[1] + block[0] * block[1]) / joint, joint, before[2] + block[2])
        blocks.append(block)
    return np.repeat([value for value, _, _ in blocks], [length for _, _, length in blocks])


def _newton_step(at: list[tuple[float, float, float]], slope: float, offset: float) -> tuple[float, float]:
    grad_slope, grad_offset = PRIOR_SLOPE_WEIGHT * (PRIOR_SLOPE - slope), -PRIOR_OFFSET_WEIGHT * offset
    curve_slope, curve_cross, curve_offset = PRIOR_SLOPE_WEIGHT, 0.0, PRIOR_OFFSET_WEIGHT
    for lean, total, real in at:
        probability = sigmoid(slope * lean + offset)
        miss = real - total * probability
        spread = total * probability * (1.0 - probability)
        grad_slope += miss * lean
        grad_offset += miss
        curve_slope += spread * lean * lean
        curve_cross += spread * lean
        curve_offset += spread
    determinant = curve_slope * curve_offset - curve_cross * curve_cross
    return (
        (grad_slope * curve_offset - grad_offset * curve_cross) / determinant,
        (grad_offset * curve_slope - grad_slope * curve_cross) / determinant,
    )


def published_before(
    story: Integers, time_ms: Integers, log_story: Integers, log_time_ms: Integers, log_probability: Floats
) -> Floats:
    """The probability published for each vote's story just before the vote: float64, shape (n_votes,); NaN if none.

    story, time_ms                          : the votes, shape (n_votes,)
    log_story, log_time_ms, log_probability : the publisher's log, any order, shape (n_log,); NaN where none was shown
    A figure published in the very millisecond of the vote came too late for it.
    """
    before = np.full(len(story), np.nan)
    shown = np.flatnonzero(~np.isnan(log_probability))
    order = shown[np.lexsort((log_time_ms[shown], log_story[shown]))]
    if len(order) == 0 or len(story) == 0:
        return before
    is_log = np.concatenate([np.ones(len(order), dtype=np.int64), np.zeros(len(story), dtype=np.int64)])
    stories = np.concatenate([log_story[order], story])
    merged = np.lexsort((is_log, np.concatenate([log_time_ms[order], time_ms]), stories))
    last_log = np.maximum.accumulate(np.where(is_log[merged] == 1, np.arange(len(merged)), -1))
    vote_places = np.flatnonzero(is_log[merged] == 0)
    source = last_log[vote_places]
    found = (source >= 0) & (stories[merged[source]] == stories[merged[vote_places]])
    before[merged[vote_places[found]] - len(order)] = log_probability[order[merged[source[found]]]]
    return before
