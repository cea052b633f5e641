"""What prices did since a story came out, and how much of it was more than noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import numpy as np
from django.db.models import QuerySet

from touchstone.markets.models import Basket, Instrument, Quote
from touchstone.markets.queries import Impact, study_since
from touchstone.statements import prepared
from touchstone.stories.models import PublicationPrice, StoryPage
from touchstone.website import numbers
from touchstone.website.drawing import Band, band

MOST_CHART_STEPS = 28
DRAWINGS_KEPT = 256


@dataclass(frozen=True, slots=True)
class MarketImpact:
    """One line of the panel "Market since publication".

    change_pct : change since publication, per cent, from the price frozen then
    study      : what was abnormal about it; None while there is too little history
    """

    name: str
    url: str
    change_pct: float
    as_of: datetime
    is_simulated: bool
    study: Impact | None
    chart: Band | None

    @property
    def abnormal_text(self) -> str:
        """The abnormal change with its 95 % interval, such as −0.1 % (−1.0 to +0.8)."""
        if self.study is None:
            return ""
        low, high = (_signed(bound) for bound in (self.study.low_pct, self.study.high_pct))
        return f"{_signed(self.study.abnormal_pct)} % ({low} to {high})"


def market_impacts(story: StoryPage, at: datetime) -> list[MarketImpact]:
    """A line for every instrument whose price was frozen when the story came out, and for every basket it names."""
    came_out = story.first_published_at
    lines = [_of_instrument(price, price.instrument.quote, at) for price in _frozen_prices(story.pk)]
    if came_out is None or not lines:
        return lines
    return lines + [line for basket in story.named_baskets if (line := _of_basket(basket, came_out, at))]


@prepared
def _frozen_prices(story: int) -> QuerySet[PublicationPrice]:
    """The prices at publication of the instruments that have a price now, each with that one."""
    priced = PublicationPrice.objects.filter(story=story, instrument__quote__isnull=False)
    return priced.select_related("instrument__quote").order_by("instrument__symbol")


def _of_instrument(frozen: PublicationPrice, quote: Quote, at: datetime) -> MarketImpact:
    instrument: Instrument = frozen.instrument
    study = study_since(instrument, frozen.at, now=at)
    return MarketImpact(
        name=instrument.symbol,
        url=instrument.get_absolute_url(),
        change_pct=float((quote.price / frozen.price - Decimal(1)) * 100),
        as_of=quote.as_of,
        is_simulated=quote.is_simulated or frozen.is_simulated,
        study=study,
        chart=_draw(study) if study else None,
    )


def _of_basket(basket: Basket, came_out: datetime, at: datetime) -> MarketImpact | None:
    study = study_since(basket, came_out, now=at)
    if study is None:
        return None
    return MarketImpact(
        name=basket.name,
        url=basket.get_absolute_url(),
        change_pct=study.raw_pct,
        as_of=study.window_ends_at,
        is_simulated=study.is_simulated,
        study=study,
        chart=_draw(study),
    )


@lru_cache(maxsize=DRAWINGS_KEPT)
def _draw(found: Impact) -> Band:
    """The abnormal change as it built up, with the band in which noise would have kept it; once for each study."""
    study = found.study
    every = max(1, -(-len(study.path) // MOST_CHART_STEPS))
    places = np.arange(len(study.path) - 1, -1, -every)[::-1]
    return band(study.path[places].tolist(), np.expm1(study.path_reach[places]).tolist())


def _signed(value: float) -> str:
    return numbers.signed_percent(value, decimals=1).removesuffix(" %")
