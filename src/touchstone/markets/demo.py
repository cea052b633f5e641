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
    benchmark: str | None = None

    @property
    def opening(self) -> Opening:
        """Where its walk starts."""
        return Opening(self.symbol, Decimal(self.price), Decimal(self.change_24h_pct), self.beta, self.volatility)


INSTRUMENTS = (
    DemoInstrument("BNB", "BNB", "547.41", "-0.36", 0.8, 0.30, ticker_place=1, benchmark="BTC"),
    DemoInstrument("XRP", "XRP", "1.03", "-1.37", 1.0, 0.50, ticker_place=2, benchmark="BTC"),
    DemoInstrument("ETH", "Ether", "1564.67", "-0.17", 1.1, 0.35, ticker_place=3, benchmark="BTC"),
    DemoInstrument("BTC", "Bitcoin", "58633.77", "-1.40", 1.0, 0.12, ticker_place=4),
    DemoInstrument("SOL", "Solana", "118.42", "0.84", 1.3, 0.50, benchmark="BTC"),
    DemoInstrument("ADA", "Cardano", "0.41", "-0.62", 1.2, 0.55, benchmark="BTC"),
    DemoInstrument("TAO", "Bittensor", "286.15", "4.31", 1.4, 0.80, benchmark="BTC"),
    DemoInstrument("FET", "Fetch", "0.58", "3.76", 1.4, 0.90, benchmark="BTC"),
    DemoInstrument("RENDER", "Render", "3.12", "2.95", 1.4, 0.85, benchmark="BTC"),
    DemoInstrument("NVDA", "Nvidia (share)", "131.38", "-2.12", 0.7, 0.35),
    DemoInstrument("AMD", "AMD (share)", "142.06", "-1.18", 0.7, 0.40),
    DemoInstrument("TSM", "TSMC (share)", "187.92", "-0.74", 0.5, 0.28),
    DemoInstrument("USDC", "USD Coin", "1.00", "0.00", 0.0, 0.002),
)
DECIMALS = {"ADA": 4, "FET": 4, "USDC": 4}
SHARES = ("NVDA", "AMD", "TSM")
# A walk whose year looks like a year: no instrument grows or shrinks more than fourfold.
SEED = 667
BASKET_BENCHMARKS = {"ai-adjacent-tokens": "BTC"}
BASKETS = {
    "ai-adjacent-tokens": (
        "AI-adjacent tokens",
        "Tokens of networks that rent out computing or pay for model work. Equal weights.",
        {"TAO": "1", "FET": "1", "RENDER": "1"},
    ),
    "chip-makers": (
        "Chip makers",
        "Shares of companies that design or make the chips that models run on. Equal weights.",
        {"NVDA": "1", "AMD": "1", "TSM": "1"},
    ),
    "large-coins": (
        "Large coins",
        "The most traded coins with weights set by hand: a yardstick for the rest of the market.",
        {"BTC": "55", "ETH": "25", "BNB": "8", "XRP": "7", "SOL": "5"},
    ),
}
