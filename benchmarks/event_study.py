"""How often the event study's interval holds the truth, on noise it was made for and on noise it was not.

Run: python -m benchmarks.run event_study
"""

from __future__ import annotations

import numpy as np

from touchstone.eventstudy import Design, PriceSeries, run_study

DRAWS = 2000
EFFECT = 0.01
SHAPES = ((60, 5), (100, 10), (150, 20), (500, 60), (300, 300))


def independent(rng: np.random.Generator, steps: int) -> np.ndarray:
    return rng.normal(0, 0.001, steps)


def fat_tailed(rng: np.random.Generator, steps: int) -> np.ndarray:
    return rng.standard_t(3, steps) * 0.001 / 3**0.5


def swinging_volatility(rng: np.random.Generator, steps: int) -> np.ndarray:
    """GARCH(1,1) with the persistence of minute returns of large coins."""
    noise, variance, returns = rng.normal(size=steps), 1e-6, np.empty(steps)
    for place in range(steps):
        returns[place] = noise[place] * variance**0.5
        variance = 2e-8 + 0.1 * returns[place] ** 2 + 0.88 * variance
    return returns


def bouncing(rng: np.random.Generator, steps: int) -> np.ndarray:
    """Each step takes a third of the one before back, as between bid and ask."""
    noise = rng.normal(0, 0.001, steps + 1)
    return noise[1:] - noise[:-1] / 3


def trending(rng: np.random.Generator, steps: int) -> np.ndarray:
    """Each step repeats a third of the one before."""
    noise = rng.normal(0, 0.001, steps + 1)
    return noise[1:] + noise[:-1] / 3


def louder_after(rng: np.random.Generator, steps: int) -> np.ndarray:
    """Twice the noise in the last tenth: news stirs up volatility by itself."""
    returns = rng.normal(0, 0.001, steps)
    returns[-steps // 10 :] *= 2
    return returns


NOISES = (independent, fat_tailed, swinging_volatility, bouncing, trending, louder_after)


def share_held(noise: object, before: int, after: int) -> float:
    rng = np.random.default_rng(20260101)
    held = 0
    for _ in range(DRAWS):
        market = rng.normal(0, 0.002, before + after)
        own = 1e-4 + 1.2 * market + noise(rng, before + after)  # type: ignore[operator]
        own[before] += np.log1p(EFFECT)
        times = 60.0 * np.arange(before + after + 1)
        prices, benchmark = (np.exp(np.concatenate([[0.0], np.cumsum(each)])) for each in (own, market))
        found = run_study(
            PriceSeries("X", times, prices),
            at_s=before * 60.0,
            benchmark=PriceSeries("M", times, benchmark),
            design=Design(),
        )
        held += found.window.abnormal.low <= EFFECT <= found.window.abnormal.high
    return held / DRAWS


def measure() -> dict[str, dict[str, float]]:
    """Per cent of draws whose 95 % interval holds the planted effect: noise → returns before + after → share."""
    return {
        noise.__name__.replace("_", " "): {
            f"{before}+{after}": round(100 * share_held(noise, before, after), 2) for before, after in SHAPES
        }
        for noise in NOISES
    }
