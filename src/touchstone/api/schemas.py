"""The shapes of what the public API takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import WithJsonSchema

Label = Literal[
    "verified", "likely_real", "mixed_opinions", "contested", "highly_contested", "gathering_votes", "under_review"
]
Confidence = Literal["high", "moderate", "low"]
CandleInterval = Literal["1m", "1h", "1d"]

# What many readers of OpenAPI 3.1 understand, where a pair's own schema (prefixItems) is not yet known to them.
PAIRS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 2, "maxItems": 2},
}


class Problem(Schema):
    """What went wrong, in the one shape of all errors."""

    code: str = Field(description="A stable word for programs, such as `unknown_story`.")
    message: str = Field(description="One sentence for people: what, where and what to do.")
    field: str | None = Field(None, description="The field or parameter that was wrong, if one was.")


class ErrorOut(Schema):
    """The body of every answer that is not a success."""

    error: Problem


class TrustOut(Schema):
    """A story's published trust; the fields of the engine."""

    story: int
    real: int = Field(description="Valid votes for real, each reader once, never adjusted.")
    fake: int = Field(description="Valid votes for fake.")
    share: float | None = Field(description="real / (real + fake); null without votes.")
    index: float = Field(description="0 to 100: estimated share of independent readers who would call it real.")
    low: float = Field(description="Lower end of the 95 % interval of the index.")
    high: float = Field(description="Upper end of the 95 % interval of the index.")
    probability: float | None = Field(description="Calibrated probability that the story is real; null until known.")
    confidence: Confidence
    label: Label
    attack_price: int | None = Field(description="Fewest voters whose change of mind changes the label.")
    effective_votes: float = Field(description="Independent votes after coordinated ones were collapsed.")
    discounted: Annotated[list[tuple[str, int]], WithJsonSchema(PAIRS)] = Field(
        description="Why votes were discounted, and how many."
    )
    review: Literal["", "keys_disagree", "newcomers_disagree", "turned", "unwitnessed"] = Field(
        description="Why the story is under review, or gathers votes although it has ten; empty otherwise."
    )
    last_vote_at: datetime | None


class AuthorOut(Schema):
    """An author of a story."""

    name: str
    url: str


class StoryOut(Schema):
    """A story in a list."""

    id: int
    url: str
    headline: str
    standfirst: str
    section: str
    published_at: datetime
    updated_at: datetime
    is_breaking: bool
    is_market_moving: bool
    is_demo: bool
    authors: list[AuthorOut]
    instruments: list[str]
    trust: TrustOut


class QuestionOut(Schema):
    """A question and its answer."""

    question: str
    answer: str


class CorrectionOut(Schema):
    """A public correction."""

    at: datetime
    text: str
    version: int


class StoryDetailOut(StoryOut):
    """A whole story."""

    text: str = Field(description="The wording as plain text.")
    version: int | None
    questions: list[QuestionOut]
    tags: list[str]
    corrections: list[CorrectionOut]
    is_open_to_votes: bool


class StoryListOut(Schema):
    """A page of stories, newest first."""

    items: list[StoryOut]
    next: str | None = Field(description="Address of the next page; null on the last one.")


class QuoteOut(Schema):
    """An instrument's latest price."""

    symbol: str
    name: str
    price: str = Field(description="A decimal number as text, so that nothing is rounded.")
    currency: str
    change_24h_pct: float | None
    as_of: datetime
    is_stale: bool
    is_simulated: bool


class TickerOut(Schema):
    """The ticker strip."""

    items: list[QuoteOut]
    is_simulated: bool


class InstrumentOut(Schema):
    """Something with a price."""

    symbol: str
    name: str
    kind: str = Field(description="coin, share, fund, index, currency or commodity.")
    currency: str
    price_decimals: int = Field(description="Digits after the point, as pages write its price.")
    is_active: bool = Field(description="False once it is retired: history, but no new prices.")
    url: str


class InstrumentListOut(Schema):
    """Every instrument, by symbol."""

    items: list[InstrumentOut]


class CandleOut(Schema):
    """The accepted prices of one interval; an interval without any is left out."""

    opens_at: datetime = Field(description="Start of the interval; it lasts until the next one begins.")
    open: float
    high: float
    low: float
    close: float
    is_simulated: bool


class CandlesOut(Schema):
    """An instrument's candles in order of time; the last one may not be over yet."""

    symbol: str
    currency: str
    interval: CandleInterval
    items: list[CandleOut]
    next: str | None = Field(description="Address of what follows; null where nothing does.")


class SectionTrustOut(Schema):
    """Trust by section."""

    section: str
    url: str
    stories: int
    votes: int
    mean_index: float
    by_label: dict[str, int]


class RatedStoryOut(Schema):
    """A story in a ranking."""

    id: int
    url: str
    headline: str
    trust: TrustOut


class DayOut(Schema):
    """Votes on one day (UTC)."""

    day: str
    votes: int


class DashboardOut(Schema):
    """The figures of the trust dashboard."""

    at: datetime
    votes_total: int
    votes_this_week: int
    stories_rated: int
    stories_total: int
    votes_per_story: float
    by_label: dict[str, int]
    top_rated: list[RatedStoryOut]
    most_contested: list[RatedStoryOut]
    sections: list[SectionTrustOut]
    votes_by_day: list[DayOut]
    discounted: dict[str, int]
    engine_version: str
    engine_digest: str


class VoteIn(Schema):
    """A vote, a change of vote, or (null) a retraction."""

    vote: Literal["real", "fake"] | None
