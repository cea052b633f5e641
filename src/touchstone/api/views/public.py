"""The public API, version 1."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import NinjaAPI, Path, Query

from touchstone.api import queries
from touchstone.api.errors import answer_errors
from touchstone.api.schemas import (
    CandleInterval,
    CandlesOut,
    DashboardOut,
    ErrorOut,
    InstrumentListOut,
    StoryDetailOut,
    StoryListOut,
    TickerOut,
    TrustOut,
)
from touchstone.markets.models import Quote
from touchstone.markets.queries import is_stale
from touchstone.trust.queries import PublishedTrust, RatedStory, dashboard, figures_of

api = NinjaAPI(
    title="Touchstone API",
    version="1",
    description="Stories, their published trust and the ticker, as open JSON. Every error has the shape of ErrorOut.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api-v1",
)
answer_errors(api)
StoryId = Path(..., ge=1, le=2**31 - 1, description="The story's number.")

Symbol = Path(..., max_length=16, description="The instrument's symbol, such as BTC.")
IntervalAsked = Query("1h", description="Minutes are kept for 30 days, hours for two years, days for ever.")
Since = Query(None, alias="from", description="First moment; without it, the last candles before the end.")
Until = Query(None, alias="to", description="End, exclusive; without it, now.")


@api.get("/stories", response={200: StoryListOut, 422: ErrorOut}, tags=["stories"], summary="Stories, newest first")
def list_stories(
    request: HttpRequest,  # noqa: ARG001
    cursor: str | None = Query(None, description="Where to go on; take it from `next`."),
    section: str | None = Query(None, description="Slug of a section."),
    limit: int = Query(queries.PAGE_SIZE, ge=1, le=100),
) -> dict[str, Any]:
    """Published stories with their trust; `next` is the address of the following page."""
    items, following = queries.story_page(cursor, section=section, limit=limit)
    if following is None:
        return {"items": items, "next": None}
    asked = {"cursor": following, "limit": limit, **({"section": section} if section else {})}
    return {"items": items, "next": f"/api/v1/stories?{urlencode(asked)}"}


@api.get("/stories/{story_id}", response={200: StoryDetailOut, 404: ErrorOut, 422: ErrorOut}, tags=["stories"])
def read_story(request: HttpRequest, story_id: int = StoryId) -> dict[str, Any]:  # noqa: ARG001
    """One whole story."""
    return queries.describe_story(queries.published_story(story_id))


@api.get("/stories/{story_id}/trust", response={200: TrustOut, 404: ErrorOut, 422: ErrorOut}, tags=["trust"])
def read_trust(request: HttpRequest, story_id: int = StoryId) -> PublishedTrust:  # noqa: ARG001
    """One story's published trust."""
    return figures_of(queries.published_story(story_id).pk)


@api.get("/ticker", response=TickerOut, tags=["markets"])
def read_ticker(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """The instruments of the ticker strip with their latest prices."""
    now = datetime.now(UTC)
    quotes = (
        Quote.objects.select_related("instrument")
        .filter(instrument__ticker_place__isnull=False, instrument__is_active=True)
        .order_by("instrument__ticker_place")
    )
    items = [_describe_quote(quote, now) for quote in quotes]
    return {"items": items, "is_simulated": any(item["is_simulated"] for item in items)}


def _describe_quote(quote: Quote, now: datetime) -> dict[str, Any]:
    instrument = quote.instrument
    change = quote.change_24h_pct
    return {
        "symbol": instrument.symbol,
        "name": instrument.name,
        "price": f"{quote.price:.{instrument.price_decimals}f}",
        "currency": instrument.currency,
        "change_24h_pct": None if change is None else float(change),
        "as_of": quote.as_of,
        "is_stale": is_stale(quote.as_of, at=now),
        "is_simulated": quote.is_simulated,
    }


@api.get("/instruments", response=InstrumentListOut, tags=["markets"])
def list_instruments(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Every instrument, retired ones too."""
    return {"items": queries.describe_instruments()}


@api.get(
    "/instruments/{symbol}/candles",
    response={200: CandlesOut, 400: ErrorOut, 404: ErrorOut, 422: ErrorOut},
    tags=["markets"],
    summary="An instrument's price history",
)
def read_candles(
    request: HttpRequest,  # noqa: ARG001
    symbol: str = Symbol,
    interval: CandleInterval = IntervalAsked,
    since: datetime | None = Since,
    until: datetime | None = Until,
    limit: int = Query(500, ge=1, le=1000, description="Most candles in one answer."),
) -> dict[str, Any]:
    """Candles that open in [from, to), in order of time; `next` is the address of what follows."""
    return queries.describe_candles(symbol, interval=interval, since=since, until=until, limit=limit)


@api.get("/trust", response=DashboardOut, tags=["trust"])
def read_dashboard(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """The figures of the trust dashboard."""
    figures = dashboard(datetime.now(UTC))
    return {
        **{name: getattr(figures, name) for name in figures.__slots__},
        "top_rated": [_describe_rated(each) for each in figures.top_rated],
        "most_contested": [_describe_rated(each) for each in figures.most_contested],
        "sections": [asdict(section) for section in figures.sections],
        "votes_by_day": [{"day": f"{day:%Y-%m-%d}", "votes": votes} for day, votes in figures.votes_by_day],
    }


def _describe_rated(each: RatedStory) -> dict[str, Any]:
    return {
        "id": each.story.pk,
        "url": each.story.full_url or "",
        "headline": each.story.title,
        "trust": each.trust,
    }
