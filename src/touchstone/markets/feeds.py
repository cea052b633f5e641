"""Which sources the setting PRICE_FEED means."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from touchstone.markets import actions, demo
from touchstone.markets.errors import UnknownExchange, UnknownFeed
from touchstone.markets.gate import GateRules
from touchstone.markets.models import Instrument, Quote
from touchstone.markets.providers import Provider
from touchstone.markets.providers.exchange import ExchangePrices
from touchstone.markets.providers.recorded import RecordedPrices
from touchstone.markets.providers.simulated import Opening, SimulatedMarket

logger = logging.getLogger(__name__)

KNOWN_FEEDS = ("simulated", "live", "replay:FILE", "none")
REPLAY = "replay:"
# Where the invented price of an instrument that somebody has just added begins.
NEW_PRICE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Feed:
    """The sources to listen to and the rules for believing them."""

    providers: Sequence[Provider]
    rules: GateRules


def choose_feed(name: str | None = None) -> Feed:
    """The feed of that name, or of the setting PRICE_FEED.

    Raises UnknownFeed, UnknownExchange, ExtraMissing or PricesUnreadable.
    """
    name = name or settings.PRICE_FEED
    if name == "none":
        return Feed(providers=(), rules=GateRules())
    if name == "simulated":
        return Feed(providers=(_simulated(datetime.now(UTC)),), rules=GateRules())
    if name == "live":
        return _live()
    if name.startswith(REPLAY):
        return Feed(providers=(RecordedPrices(Path(name.removeprefix(REPLAY))),), rules=GateRules())
    raise UnknownFeed(name, KNOWN_FEEDS)


def _live() -> Feed:
    """Every configured exchange; with three or more, two must agree before a price is shown."""
    currencies = dict(Instrument.objects.filter(is_active=True).values_list("symbol", "currency"))
    providers = [ExchangePrices(exchange, currencies=currencies) for exchange in settings.PRICE_EXCHANGES]
    if not providers:
        raise UnknownExchange("", ())
    forgotten = actions.forget_simulated_prices()
    if forgotten:
        logger.warning("Live prices begin: %s invented quotes and bars were deleted.", forgotten)
    return Feed(providers=providers, rules=GateRules(quorum=min(2, len(providers))))


def _simulated(at: datetime) -> SimulatedMarket:
    """The invented market, going on from where the quotes are."""
    if not Instrument.objects.exists():
        actions.open_demo_market(at=at)
    known = {each.symbol: each.opening for each in demo.INSTRUMENTS}
    quotes = list(Quote.objects.select_related("instrument"))
    is_opening = all(known.get(q.instrument.symbol, Opening("", q.price)).price == q.price for q in quotes)
    openings = [
        replace(known.get(quote.instrument.symbol, Opening(quote.instrument.symbol, quote.price)), price=quote.price)
        for quote in quotes
    ]
    unpriced = Instrument.objects.filter(is_active=True, quote=None).values_list("symbol", flat=True)
    openings += [known.get(symbol, Opening(symbol, NEW_PRICE)) for symbol in unpriced]
    hold_s = settings.OPENING_QUOTES_S if is_opening else 0
    return SimulatedMarket(openings, opened_at=at, seed=int(at.timestamp()), hold_s=hold_s)
