"""Makes price series with a planted effect."""

from __future__ import annotations

import numpy as np

from touchstone.eventstudy import PriceSeries

STEP_S = 60.0


def series_of(prices: list[float] | np.ndarray, symbol: str = "X", *, start_s: float = 0.0) -> PriceSeries:
    """Prices a minute apart."""
    values = np.asarray(prices, dtype=np.float64)
    return PriceSeries(symbol, start_s + STEP_S * np.arange(len(values)), values)


def planted(
    rng: np.random.Generator,
    *,
    before: int = 150,
    after: int = 20,
    effect: float = 0.0,
    beta: float = 1.2,
    noise: float = 0.001,
) -> tuple[PriceSeries, PriceSeries, float]:
    """An instrument, its benchmark and the event's time; the instrument jumps by `effect` (a fraction) at the event."""
    market = rng.normal(0.0, 0.002, before + after)
    own = 1e-4 + beta * market + rng.normal(0.0, noise, before + after)
    own[before] += np.log1p(effect)
    prices, benchmark = (np.exp(np.concatenate([[0.0], np.cumsum(moves)])) for moves in (own, market))
    return series_of(100 * prices), series_of(60_000 * benchmark, "M"), before * STEP_S
