"""The invented market of the demo newsroom: its instruments, its baskets and where their prices start."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from touchstone.markets.providers.simulated import Opening


@dataclass(frozen=True, slots=True)
class DemoInstrument:
    """An instrument of the demo and how its invented price behaves."""

    symbol: str
    name: str
    price: str
    change_24h_pct: str
    beta: float
    volatility: float
    ticker_place: int | None = None

    @property
    def opening(self) -> Opening:
        """Where its walk starts."""
        return Opening(self.symbol, Decimal(self.price), Decimal(self.change_24h_pct), self.beta, self.volatility)


INSTRUMENTS = (
    DemoInstrument("BNB", "BNB", "547.41", "-0.36", 0.8, 0.30, ticker_place=1),
    DemoInstrument("XRP", "XRP", "1.03", "-1.37", 1.0, 0.50, ticker_place=2),
    DemoInstrument("ETH", "Ether", "1564.67", "-0.17", 1.1, 0.35, ticker_place=3),
    DemoInstrument("BTC", "Bitcoin", "58633.77", "-1.40", 1.0, 0.12, ticker_place=4),
    DemoInstrument("SOL", "Solana", "96.42", "-2.05", 1.3, 0.50),
    DemoInstrument("TAO", "Bittensor", "214.80", "3.12", 1.4, 0.80),
    DemoInstrument("FET", "Artificial Superintelligence Alliance", "0.2381", "2.46", 1.4, 0.90),
    DemoInstrument("RENDER", "Render", "1.72", "1.88", 1.4, 0.85),
    DemoInstrument("NEAR", "NEAR Protocol", "1.49", "0.94", 1.3, 0.70),
    DemoInstrument("NVDA", "Nvidia", "171.20", "-0.82", 0.7, 0.35),
    DemoInstrument("AMD", "AMD", "158.35", "-1.11", 0.7, 0.40),
    DemoInstrument("TSM", "TSMC", "236.90", "-0.44", 0.5, 0.28),
    DemoInstrument("ASML", "ASML", "742.10", "0.37", 0.5, 0.30),
)
DECIMALS = {"FET": 4}
# A walk whose year looks like a year: no instrument grows or shrinks more than fourfold.
SEED = 667
BASKETS = {
    "ai-tokens": (
        "AI-adjacent tokens",
        "Tokens of networks that sell computing, models or data for artificial intelligence.",
        {"TAO": "0.35", "FET": "0.25", "RENDER": "0.2", "NEAR": "0.2"},
    ),
    "chip-makers": (
        "Chip makers",
        "Listed companies that design or make the chips on which models are trained.",
        {"NVDA": "0.4", "TSM": "0.3", "ASML": "0.15", "AMD": "0.15"},
    ),
    "large-coins": (
        "Large coins",
        "The most traded coins, weighted by hand; a yardstick for the rest of the market.",
        {"BTC": "0.55", "ETH": "0.25", "BNB": "0.08", "XRP": "0.07", "SOL": "0.05"},
    ),
}
