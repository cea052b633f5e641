"""Prices as the pages show them: the strip, the board, instruments and baskets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from django.db.models import QuerySet

from touchstone.markets.models import Basket, BasketMember, Candle, Instrument, Interval, Quote
from touchstone.markets.queries import (
    BasketRow,
    History,
    TickerItem,
    basket_board,
    basket_history,
    basket_row,
    describe_quote,
    history_of,
    ticker,
)
from touchstone.statements import prepared
from touchstone.stories import queries as stories
from touchstone.website import moments, numbers
from touchstone.website.drawing import Line, line, pct
from touchstone.website.queries.lists import Teaser, teasers

P = TypeVar("P")
T = TypeVar("T")
WEEK = timedelta(days=7)
SPARK_STEP_S = 4 * 3600
NAMED_STORIES = 12
LEAST_GAP_PCT = 0.2
# Numbers nearer to each other would touch on a phone.
LEAST_MARK_PCT = 7.0
YEAR_IN_WORDS_DAYS = 300
MOVERS = 7
SPANS = (1, 7, 30, 365)
SORTS = ("symbol", "price", "day", "week")


@dataclass(frozen=True, slots=True)
class Strip:
    """The ticker on top of every page."""

    items: list[TickerItem]

    @property
    def as_of(self) -> datetime | None:
        """When the oldest of its prices was seen."""
        return min((item.as_of for item in self.items), default=None)

    @property
    def is_simulated(self) -> bool:
        """Whether any price is invented."""
        return any(item.is_simulated for item in self.items)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """An instrument on the board."""

    item: TickerItem
    week_pct: Decimal | None
    spark: Line | None

    @property
    def week_text(self) -> str:
        """The change over seven days."""
        return numbers.signed_percent(self.week_pct)

    @property
    def week_direction(self) -> str:
        """Which way it went over seven days."""
        return numbers.direction(self.week_pct)


@dataclass(frozen=True, slots=True)
class Mark:
    """Stories on a chart that stand too near each other for numbers of their own: where each stands, and their label.

    label : a number in the list, or several such as 1–3; width : of the label, in pixels
    """

    label: str
    x: str
    width: int
    lines: list[str]

    @property
    def left(self) -> int:
        """How far the label reaches to the left of its place, in pixels."""
        return -self.width // 2


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without prices: where it begins, how wide it is, and the same in words."""

    x: str
    width: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A price over time: the line, its grid in words, its gaps, the stories on it, and the same as text."""

    line: Line
    levels: list[tuple[str, str]]
    gaps: list[Pause]
    marks: list[Mark]
    times: str
    values: str
    rows: list[tuple[str, str]]
    starts: str
    ends: str
    summary: str

    @property
    def marked(self) -> int:
        """How many stories are marked on it."""
        return sum(len(mark.lines) for mark in self.marks)


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """An instrument's page."""

    instrument: Instrument
    item: TickerItem | None
    days: int
    chart: Chart | None
    stories: list[Teaser]
    baskets: list[Basket]


@dataclass(frozen=True, slots=True)
class BasketView:
    """A basket's page: its present members with their weights in per cent of the whole."""

    basket: Basket
    level: BasketLevel | None
    days: int
    chart: Chart | None
    members: list[tuple[BoardRow, str]]
    former: list[BasketMember]


@dataclass(frozen=True, slots=True)
class BasketLevel:
    """A basket's level and how it changed."""

    row: BasketRow
    spark: Line | None

    @property
    def level_text(self) -> str:
        """The level, 100 at the start."""
        return level_words(self.row.level)

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Direction and words of the change over a day and over seven days."""
        found = (self.row.change_24h_pct, self.row.change_7d_pct)
        return [(numbers.direction(change), numbers.signed_percent(change)) for change in found]


def strip(at: datetime) -> Strip:
    """The latest accepted price of every instrument in the ticker."""
    return Strip(ticker(at))


def board(at: datetime, *, sort: str, descending: bool) -> list[BoardRow]:
    """Every active instrument that has a price, in the order asked for; unknown orders give the symbols."""
    rows = _rows(_all_quotes(), at)
    keys = {
        "symbol": lambda row: row.item.symbol,
        "price": lambda row: row.item.price,
        "day": lambda row: _or_least(row.item.change_24h_pct),
        "week": lambda row: _or_least(row.week_pct),
    }
    return sorted(rows, key=keys.get(sort, keys["symbol"]), reverse=descending)


def basket_levels(at: datetime) -> list[BasketLevel]:
    """All baskets that have a level, by name."""
    return [BasketLevel(row, line(row.week)) for row in basket_board(at)]


def movers(at: datetime) -> list[BoardRow]:
    """The instruments whose prices moved most in 24 hours, whichever way."""
    quotes = [quote for quote in _all_quotes() if quote.change_24h_pct is not None]
    moved = sorted(quotes, key=lambda quote: -abs(quote.change_24h_pct or Decimal(0)))
    return _rows(moved[:MOVERS], at)


@prepared
def _all_quotes() -> QuerySet[Quote]:
    quotes = Quote.objects.filter(instrument__is_active=True).select_related("instrument")
    return quotes.order_by("instrument__symbol")


@prepared
def _quote_of(instrument: int) -> QuerySet[Quote]:
    return Quote.objects.filter(instrument=instrument).select_related("instrument")


@prepared
def _baskets_with(instrument: int) -> QuerySet[Basket]:
    return Basket.objects.filter(members__instrument=instrument, members__until=None).distinct()


@prepared
def _hourly_closes(instruments: list[int], since_s: int) -> QuerySet[Candle, tuple[int, int, float]]:
    hours = Candle.objects.filter(instrument__in=instruments, interval_s=Interval.HOUR, opens_at_s__gte=since_s)
    return hours.order_by("opens_at_s").values_list("instrument_id", "opens_at_s", "close")


def instrument_view(instrument: Instrument, at: datetime, *, days: int) -> InstrumentView:
    """The page of an instrument over that many days."""
    quote = next(iter(_quote_of(instrument.pk)), None)
    named = teasers(stories.live_stories(limit=NAMED_STORIES, instrument=instrument.symbol).stories, at)
    return InstrumentView(
        instrument=instrument,
        item=describe_quote(quote, at=at) if quote else None,
        days=days,
        chart=price_chart(instrument, at, days=days, named=named),
        stories=named,
        baskets=_baskets_with(instrument.pk),
    )


def basket_view(basket: Basket, at: datetime, *, days: int) -> BasketView:
    """The page of a basket as of that moment."""
    members = list(BasketMember.objects.filter(basket=basket).select_related("instrument", "instrument__quote"))
    present = [member for member in members if _is_member(member, at.date())]
    whole = sum((member.weight for member in present), Decimal(0)) or Decimal(1)
    weights = {member.instrument_id: member.weight / whole for member in present}
    quotes = [member.instrument.quote for member in present if hasattr(member.instrument, "quote")]
    rows = {quote.instrument_id: row for quote, row in zip(quotes, _rows(quotes, at), strict=True)}
    found = basket_row(basket, at)
    history = basket_history(basket, days=days, until=at)
    ordered = sorted(rows, key=lambda instrument_id: -weights[instrument_id])
    return BasketView(
        basket=basket,
        level=BasketLevel(found, line(found.week)) if found else None,
        days=days,
        chart=draw_history(history, name=basket.name, days=days, write=level_words),
        members=[(rows[each], numbers.percent(100 * weights[each], decimals=1)) for each in ordered],
        former=[member for member in members if member not in present],
    )


def price_chart(instrument: Instrument, at: datetime, *, days: int, named: list[Teaser] | None = None) -> Chart | None:
    """The price over the last days up to a moment; None where there is too little history."""
    history = history_of(instrument, days=days, until=at)
    return draw_history(
        history,
        name=instrument.name,
        days=days,
        write=lambda value: instrument_price(instrument, value),
        named=named,
    )


def draw_history(
    history: History, *, name: str, days: int, write: Callable[[float], str], named: list[Teaser] | None = None
) -> Chart | None:
    """A stretch of history with the gaps and stories in it; None where there are fewer than two prices."""
    points = history.points
    drawn = line(points, breaks_s=history.step_s * 3)
    if drawn is None:
        return None
    texts = [write(value) for _, value in points]
    first, last = points[0][1], points[-1][1]
    change = numbers.signed_percent((last / first - 1) * 100)
    return Chart(
        line=drawn,
        levels=[(write(level.value), level.y) for level in drawn.levels],
        gaps=[pause for pause in (_pause(drawn, *gap) for gap in history.gaps) if pause],
        marks=_marks(drawn, named or []),
        times=" ".join(str(step) for step in _steps([int(then) for then, _ in points])),
        values="|".join(texts),
        rows=[(moments.stamp(_moment(then)), text) for (then, _), text in _thinned(points, texts)],
        starts=_end_text(points[0][0], days),
        ends=_end_text(points[-1][0], days),
        summary=f"{name} over {numbers.counted(days, 'day')}: {texts[0]} to {texts[-1]}, {change}.",
    )


def level_words(value: float) -> str:
    """A basket's level as readers see it."""
    return f"{numbers.rounded(value, decimals=2):,}"


def instrument_price(instrument: Instrument, value: float | Decimal) -> str:
    """A price in the instrument's currency and decimals."""
    return numbers.price(value, currency=instrument.currency, decimals=instrument.price_decimals)


def _rows(quotes: list[Quote], at: datetime) -> list[BoardRow]:
    since = _week_points([quote.instrument_id for quote in quotes], at)
    return [_row(quote, since[quote.instrument_id], at) for quote in quotes]


def _row(quote: Quote, points: list[tuple[float, float]], at: datetime) -> BoardRow:
    known = [*points, (quote.as_of.timestamp(), float(quote.price))]
    is_whole = bool(points) and points[0][0] <= (at - WEEK).timestamp() + SPARK_STEP_S
    week = (quote.price / Decimal(str(points[0][1])) - 1) * 100 if is_whole else None
    return BoardRow(item=describe_quote(quote, at=at), week_pct=week, spark=line(known))


def _week_points(instrument_ids: list[int], at: datetime) -> dict[int, list[tuple[float, float]]]:
    start = int((at - WEEK).timestamp())
    points: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for instrument_id, opens_at_s, close in _hourly_closes(instrument_ids, start):
        found = points[instrument_id]
        if not found or opens_at_s - found[-1][0] >= SPARK_STEP_S:
            found.append((opens_at_s, close))
    return points


def _pause(drawn: Line, starts: float, ends: float) -> Pause | None:
    """A gap on the chart, unless it is too short to be seen."""
    left, right = max(starts, drawn.first), min(ends, drawn.last)
    width = 100 * (right - left) / ((drawn.last - drawn.first) or 1)
    if width < LEAST_GAP_PCT:
        return None
    words = f"No prices from {moments.stamp(_moment(starts))} to {moments.stamp(_moment(ends))}"
    return Pause(drawn.x_of(left) or "0%", pct(width), words)


def _marks(drawn: Line, named: list[Teaser]) -> list[Mark]:
    """The newest story comes first in the list, so neighbours on the chart are neighbours in number."""
    groups: list[list[tuple[int, float]]] = []
    for number, teaser in enumerate(named, start=1):
        came_out = teaser.story.first_published_at
        share = drawn.share_of(came_out.timestamp()) if came_out else None
        if share is None:
            continue
        if groups and groups[-1][0][1] - share < LEAST_MARK_PCT:
            groups[-1].append((number, share))
        else:
            groups.append([(number, share)])
    return [_mark(group) for group in groups]


def _mark(group: list[tuple[int, float]]) -> Mark:
    first, last = group[0][0], group[-1][0]
    label = str(first) if first == last else f"{first}\u2013{last}"
    middle = (group[0][1] + group[-1][1]) / 2
    return Mark(label, pct(middle), 12 + 8 * len(label), [pct(share) for _, share in group])


def _thinned(points: list[P], texts: list[T]) -> list[tuple[P, T]]:
    every = max(1, len(points) // 12)
    pairs = list(zip(points, texts, strict=True))
    return pairs[::every]


def _is_member(member: BasketMember, today: date) -> bool:
    return member.since <= today and (member.until is None or today < member.until)


def _or_least(value: Decimal | None) -> Decimal:
    return Decimal("-Infinity") if value is None else value


def _steps(times: list[int]) -> list[int]:
    """The first time, then the seconds from each to the next."""
    return [times[0], *(later - earlier for earlier, later in pairwise(times))]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=moments.UTC)


def _end_text(seconds: float, days: int) -> str:
    then = _moment(seconds)
    if days <= 1:
        return moments.clock(then)
    return moments.day(then) if days >= YEAR_IN_WORDS_DAYS else f"{then.day} {then:%B}"
