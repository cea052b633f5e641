"""How often noise alone gives a verdict across stories, and how often the mean's interval holds, on several noises.

Run: python -m benchmarks.run lead_or_follow
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.event_study import NOISES
from touchstone.eventstudy import Design, Event, PriceSeries, Verdict, compare_sides, run_study

DRAWS = 200
LEARN, SIDE = 480, 24
SHAPES = {"10 days of 3": (10, 3, 0.0), "28 days of 3": (28, 3, 0.0), "28 days of 3, sharing half": (28, 3, 0.5)}


def one_newsroom(noise: object, rng: np.random.Generator, days: int, a_day: int, shared: float) -> list[Event]:
    """Stories in noise without any effect; those of a day come out together and share a part of their noise."""
    events, steps = [], LEARN + 2 * SIDE
    times_s = 300.0 * np.arange(steps + 1)
    for day in range(days):
        common = noise(rng, steps)  # type: ignore[operator]
        for _ in range(a_day):
            own = noise(rng, steps)  # type: ignore[operator]
            returns = math.sqrt(shared) * common + math.sqrt(1 - shared) * own
            prices = np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
            start_s = 86_400.0 * 7 * day
            study = run_study(
                PriceSeries("X", start_s + times_s, prices),
                at_s=start_s + 300.0 * (LEARN + SIDE),
                design=Design(window_s=300.0 * SIDE, drift_steps=SIDE, robust=False),
            )
            events.append(Event(study, cluster=day))
    return events


def shares(noise: object, days: int, a_day: int, shared: float) -> dict[str, float]:
    """Per cent of draws with a verdict, and in which the 95 % interval of the mean after the stories holds zero."""
    rng = np.random.default_rng(20260101)
    verdicts, held = 0, 0
    for _ in range(DRAWS):
        found = compare_sides(one_newsroom(noise, rng, days, a_day, shared))
        verdicts += found.verdict is not Verdict.NEITHER
        held += not found.after.mean.is_distinguishable
    return {"verdict": round(100 * verdicts / DRAWS, 1), "mean held": round(100 * held / DRAWS, 1)}


def measure() -> dict[str, dict[str, dict[str, float]]]:
    """Noise → newsroom → per cent; `louder after` is no noise without effect, but volatility that doubles."""
    return {
        noise.__name__.replace("_", " "): {name: shares(noise, *shape) for name, shape in SHAPES.items()}
        for noise in NOISES
    }
