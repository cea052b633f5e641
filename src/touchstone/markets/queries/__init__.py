"""Reads: latest prices, prices at a moment, history for charts, baskets, studies, and the state of sources."""

from touchstone.markets.bars import History
from touchstone.markets.queries.health import FeedHealth, SourceHealth, feed_health
from touchstone.markets.queries.history import candles_of, closes_between, history_of
from touchstone.markets.queries.indices import BasketRow, basket_board, basket_history, basket_row
from touchstone.markets.queries.latest import (
    STALE_AFTER,
    TickerItem,
    describe_quote,
    describe_tick,
    is_stale,
    roster,
    stream_messages_after,
    ticker,
)
from touchstone.markets.queries.moments import PriceThen, closes_at, price_at
from touchstone.markets.queries.moves import WATCHED_FOR, move_around
from touchstone.markets.queries.sides import SCALES, Scale, studies_around
from touchstone.markets.queries.studies import Impact, study_since
from touchstone.markets.queries.uses import active_users_of, uses_of

__all__ = [
    "SCALES",
    "STALE_AFTER",
    "WATCHED_FOR",
    "BasketRow",
    "FeedHealth",
    "History",
    "Impact",
    "PriceThen",
    "Scale",
    "SourceHealth",
    "TickerItem",
    "active_users_of",
    "basket_board",
    "basket_history",
    "basket_row",
    "candles_of",
    "closes_at",
    "closes_between",
    "describe_quote",
    "describe_tick",
    "feed_health",
    "history_of",
    "is_stale",
    "move_around",
    "price_at",
    "roster",
    "stream_messages_after",
    "studies_around",
    "study_since",
    "ticker",
    "uses_of",
]
