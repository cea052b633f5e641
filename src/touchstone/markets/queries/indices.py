"""Baskets with their members and the history of their levels."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from touchstone.markets.bars import Bar, History
from touchstone.markets.indices import FOREVER_S, Membership, Period, levels_at, periods_of
from touchstone.markets.models import Basket, BasketMember, Candle, Interval, Quote
from touchstone.markets.queries.history import grain_of
from touchstone.statements import prepared

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class BasketRow:
    """A basket's level now, its changes in per cent (None where history is too short), and its week for a line."""

    basket: Basket
    level: float
    change_24h_pct: float | None
    change_7d_pct: float | None
    week: list[tuple[float, float]]
    is_simulated: bool


@prepared
def _closes_of_all(
    instruments: list[int], interval_s: int, since_s: int, until_s: int
) -> QuerySet[Candle, tuple[int, int, float]]:
    held = Candle.objects.filter(instrument__in=instruments, interval_s=interval_s)
    held = held.filter(opens_at_s__gte=since_s, opens_at_s__lt=until_s)
    return held.order_by("instrument_id", "opens_at_s").values_list("instrument_id", "opens_at_s", "close")


@prepared
def _latest_prices(instruments: list[int]) -> QuerySet[Quote, tuple[int, datetime, Decimal]]:
    return Quote.objects.filter(instrument__in=instruments).values_list("instrument_id", "as_of", "price")


@prepared
def _members(basket: int) -> QuerySet[BasketMember]:
    return BasketMember.objects.filter(basket=basket).order_by("pk")


@prepared
def _simulated(basket: int) -> QuerySet[Quote, int]:
    held = Quote.objects.filter(instrument__baskets__basket=basket, is_simulated=True)
    return held.order_by().values_list("pk", flat=True)[:1]


@prepared
def _all_baskets() -> QuerySet[Basket]:
    return Basket.objects.order_by("name")


class _Prices:
    """Closing prices of several instruments, to be asked by moment."""

    def __init__(self, instrument_ids: set[int], *, interval_s: int, since_s: int, until_s: int) -> None:
        self._series: dict[int, tuple[list[float], list[float]]] = {key: ([], []) for key in instrument_ids}
        ids = sorted(instrument_ids)
        for key, opens_at_s, close in _closes_of_all(
            ids, interval_s, since_s - interval_s + 1, until_s - interval_s + 1
        ):
            ends_s, closes = self._series[key]
            ends_s.append(float(opens_at_s + interval_s))
            closes.append(close)
        self._add_quotes(ids, until_s)

    def _add_quotes(self, ids: list[int], until_s: int) -> None:
        for key, as_of, price in _latest_prices(ids):
            ends_s, closes = self._series[key]
            at_s = as_of.timestamp()
            if at_s <= until_s and (not ends_s or at_s > ends_s[-1]):
                ends_s.append(at_s)
                closes.append(float(price))

    def at(self, instrument_id: int, moment_s: float) -> float | None:
        """The last price by that moment."""
        ends_s, closes = self._series.get(instrument_id, ([], []))
        place = bisect_right(ends_s, moment_s)
        return closes[place - 1] if place else None


def basket_history(basket: Basket, *, days: int, until: datetime) -> History:
    """The level of a basket over the last days, one level at the end of each bar."""
    grain = grain_of(days, until=until)
    step_s, until_s = grain.step_s, grain.until_s
    first_s = grain.since_s // step_s * step_s
    moments = [*range(first_s + step_s, until_s, step_s), until_s]
    bars: list[Bar] = []
    for moment_s, level in zip(moments, levels_of(basket, moments, interval_s=grain.read_s), strict=True):
        if level is not None:
            before = bars[-1].close if bars else level
            low, high = sorted((before, level))
            bars.append(Bar((moment_s - 1) // step_s * step_s, before, high, low, level))
    return History(grain.since_s, until_s, step_s, bars, gaps=[], is_simulated=_is_simulated(basket))


def levels_of(basket: Basket, moments_s: list[int], *, interval_s: int) -> list[float | None]:
    """The basket's level at moments in order of time, read from candles of that length and from days before."""
    periods = periods_of(_memberships(basket))
    if not periods or not moments_s:
        return [None] * len(moments_s)
    members = {key for period in periods for key in period.weights}
    first_s, last_s = moments_s[0], moments_s[-1]
    days = _Prices(members, interval_s=Interval.DAY, since_s=periods[0].since_s - 7 * DAY_S, until_s=last_s)
    fine = _Prices(members, interval_s=interval_s, since_s=first_s - 2 * interval_s, until_s=last_s)

    def price_at(key: int, moment_s: float) -> float | None:
        if moment_s < first_s - interval_s:
            return days.at(key, moment_s)
        found = fine.at(key, moment_s)
        return days.at(key, moment_s) if found is None else found

    return levels_at(_reaching_back(periods, days, last_s), moments_s, price_at)


def _reaching_back(periods: list[Period], days: _Prices, last_s: int) -> list[Period]:
    """The first period cut to where all its members have a price, so that its base is one moment for all charts."""
    head = periods[0]
    end_s = min(head.until_s, last_s)
    for moment_s in range(-(-head.since_s // DAY_S) * DAY_S, end_s, DAY_S):
        if all(days.at(key, moment_s) is not None for key in head.weights):
            return [Period(moment_s, head.until_s, head.weights), *periods[1:]]
    return periods


def _memberships(basket: Basket) -> list[Membership]:
    return [
        Membership(
            instrument_id=member.instrument_id,
            weight=float(member.weight),
            since_s=_midnight_s(member.since),
            until_s=_midnight_s(member.until) if member.until else FOREVER_S,
        )
        for member in _members(basket.pk)
    ]


def _midnight_s(day: object) -> int:
    return int(datetime.combine(day, time(), tzinfo=UTC).timestamp())  # type: ignore[arg-type]


def _is_simulated(basket: Basket) -> bool:
    return bool(_simulated(basket.pk))


def basket_board(at: datetime) -> list[BasketRow]:
    """Every basket that has a level, by name."""
    rows = (basket_row(basket, at) for basket in _all_baskets())
    return [row for row in rows if row is not None]


def basket_row(basket: Basket, at: datetime) -> BasketRow | None:
    """A basket's level and changes at a moment; None while a member has no price."""
    history = basket_history(basket, days=8, until=at)
    if not history.bars:
        return None
    week_ago_s = (at - timedelta(days=7)).timestamp()
    return BasketRow(
        basket=basket,
        level=history.bars[-1].close,
        change_24h_pct=_change(history, at - timedelta(days=1)),
        change_7d_pct=_change(history, at - timedelta(days=7)),
        week=[point for point in history.points if point[0] >= week_ago_s],
        is_simulated=history.is_simulated,
    )


def _change(history: History, then: datetime) -> float | None:
    """Change in per cent since the last level by that moment; None if there is none."""
    before = [level for moment_s, level in history.points if moment_s <= then.timestamp()]
    return (history.bars[-1].close / before[-1] - 1) * 100 if before else None
