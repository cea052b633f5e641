"""Do our stories lead or follow? What prices did before all stories that named them, and after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from touchstone.eventstudy import (
    FEWEST_CLUSTERS,
    FEWEST_EVENTS,
    Comparison,
    Event,
    Outcome,
    Side,
    Study,
    Verdict,
    Window,
    compare_sides,
)
from touchstone.markets.queries import SCALES, Scale, studies_around
from touchstone.stories.models import PublicationPrice
from touchstone.website import numbers
from touchstone.website.dots import DotPlot, dot_plot

MOST_PAIRS = 1000
REPORTS_KEPT = 4
KEPT_FOR_S = 600
WORDS = {
    Verdict.NEITHER: "Not distinguishable from noise: moves around our stories are no larger than noise explains.",
    Verdict.BEFORE: "Our stories follow: prices were restless before they came out, and not distinguishably after.",
    Verdict.AFTER: "Our stories lead: prices were restless after they came out, and not distinguishably before.",
    Verdict.BOTH: "Both: prices were restless before our stories came out, and after.",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """A story and an instrument that it names; changes in per cent, sizes in times what noise gives."""

    story_id: int
    title: str
    symbol: str
    at: datetime
    before_pct: float
    after_pct: float
    before_p: float
    after_p: float
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the report for both sides: how it is called, what it is, and its p-values."""

    name: str
    before: str
    after: str
    before_p: str
    after_p: str


@dataclass(frozen=True, slots=True)
class LeadReport:
    """The desk's report; `found` is None with too few stories.

    left_out : stories' instruments without whole prices on both sides
    spells   : stretches of time, of the scale's `cluster_s`, that the stories fall into
    """

    scale: Scale
    at: datetime
    pairs: list[Pair]
    stories: int
    left_out: int
    spells: int
    found: Comparison | None
    plot: DotPlot | None

    @property
    def is_simulated(self) -> bool:
        """Whether any price is invented."""
        return any(pair.is_simulated for pair in self.pairs)

    @property
    def verdict(self) -> str:
        """What the figures say, and no more."""
        if self.found is None:
            return (
                f"Too few stories to say: {numbers.counted(len(self.pairs), 'named price')} in {self.spells_text}, "
                f"at least {FEWEST_EVENTS} in {FEWEST_CLUSTERS} are needed."
            )
        return WORDS[self.found.verdict] + _lean_words(self.found)

    @property
    def spells_text(self) -> str:
        """The stretches of time in words, such as `12 days`."""
        days = self.scale.cluster_s // 86_400
        return numbers.counted(
            self.spells,
            "day" if days == 1 else f"stretch of {days} days",
            "" if days == 1 else f"stretches of {days} days",
        )

    @property
    def deciding(self) -> list[Line]:
        """The looks that the verdict rests on."""
        if self.found is None:
            return []
        before, after = self.found.before, self.found.after
        return [
            Line(
                "Size of the moves, either way",
                _size(before),
                _size(after),
                _p(before.surplus_holm),
                _p(after.surplus_holm),
            )
        ]

    @property
    def others(self) -> list[Line]:
        """The other tests."""
        if self.found is None:
            return []
        before, after = self.found.before, self.found.after
        return [
            Line(
                "Mean abnormal move, up minus down",
                _mean(before),
                _mean(after),
                _p(before.mean_holm),
                _p(after.mean_holm),
            ),
            _test("Patell’s test", before.patell, after.patell, before.patell_holm, after.patell_holm),
            _test("Boehmer, Musumeci and Poulsen’s test", before.bmp, after.bmp, before.bmp_holm, after.bmp_holm),
            _test("Corrado’s rank test", before.rank, after.rank, before.rank_holm, after.rank_holm),
        ]


def lead_report(scale_name: str, at: datetime) -> LeadReport:
    """The report on one scale of `SCALES`; kept for ten minutes."""
    return _report_in(scale_name, int(at.timestamp()) // KEPT_FOR_S)


@lru_cache(maxsize=REPORTS_KEPT)
def _report_in(scale_name: str, ten_minutes: int) -> LeadReport:
    scale, at = SCALES[scale_name], datetime.fromtimestamp(ten_minutes * KEPT_FOR_S, tz=UTC)
    prices = list(_frozen_prices(scale, at))
    studies = studies_around([(price.instrument, _came_out(price)) for price in prices], scale)
    held = [(price, study) for price, study in zip(prices, studies, strict=True) if study is not None]
    events = [Event(study, int(_came_out(price).timestamp()) // scale.cluster_s) for price, study in held]
    spells = len({event.cluster for event in events})
    is_enough = len(events) >= FEWEST_EVENTS and spells >= FEWEST_CLUSTERS
    found = compare_sides(events) if is_enough else None
    pairs = [_pair(price, study) for price, study in held]
    return LeadReport(
        scale=scale,
        at=at,
        pairs=pairs,
        stories=len({pair.story_id for pair in pairs}),
        left_out=len(prices) - len(held),
        spells=spells,
        found=found,
        plot=_draw(pairs, found) if found else None,
    )


def csv_rows(report: LeadReport) -> Iterator[list[str]]:
    """The report as rows of a table, names of the columns first; figures whole, changes in per cent."""
    yield [
        "story",
        "headline",
        "instrument",
        "published_at",
        "before_pct",
        "before_p",
        "after_pct",
        "after_p",
        "simulated",
    ]
    for pair in report.pairs:
        yield [
            str(pair.story_id),
            _harmless(pair.title),
            _harmless(pair.symbol),
            pair.at.isoformat(),
            repr(pair.before_pct),
            repr(pair.before_p),
            repr(pair.after_pct),
            repr(pair.after_p),
            "1" if pair.is_simulated else "0",
        ]


def forget_reports() -> None:
    """Forget the kept reports, for example after a history was imported."""
    _report_in.cache_clear()


def _frozen_prices(scale: Scale, at: datetime) -> list[PublicationPrice]:
    """The latest stories' instruments whose windows lie within what is kept, and are over."""
    due = PublicationPrice.objects.filter(
        story__live=True,
        story__first_published_at__gt=at - scale.kept_for,
        story__first_published_at__lte=at - scale.window,
    )
    due = due.select_related("story", "instrument__benchmark").order_by("-story__first_published_at", "-pk")
    return list(due[:MOST_PAIRS])


def _came_out(price: PublicationPrice) -> datetime:
    came_out: datetime = price.story.first_published_at
    return came_out


def _pair(price: PublicationPrice, study: Study) -> Pair:
    before, after = _drift_of(study).abnormal, study.window.abnormal
    return Pair(
        story_id=price.story_id,
        title=price.story.title,
        symbol=price.instrument.symbol,
        at=_came_out(price),
        before_pct=100 * before.value,
        after_pct=100 * after.value,
        before_p=before.p_value,
        after_p=after.p_value,
        is_simulated=price.is_simulated,
    )


def _drift_of(study: Study) -> Window:
    assert study.drift is not None  # studies_around leaves out what has none
    return study.drift


def _draw(pairs: list[Pair], found: Comparison) -> DotPlot:
    sides = (([pair.before_pct for pair in pairs], found.before), ([pair.after_pct for pair in pairs], found.after))
    return dot_plot(
        [(values, (100 * side.mean.value, 100 * side.mean.low, 100 * side.mean.high)) for values, side in sides]
    )


def _size(side: Side) -> str:
    value, low, high = (1 + part for part in (side.surplus.value, side.surplus.low, side.surplus.high))
    return f"{value:.2f} times the usual ({max(0.0, low):.2f} to {high:.2f})"


def _mean(side: Side) -> str:
    value, low, high = (numbers.signed_percent(100 * part) for part in (side.mean.value, side.mean.low, side.mean.high))
    return f"{value} ({low} to {high})".replace(" %", "\u00a0%")


def _test(name: str, before: Outcome, after: Outcome, before_p: float, after_p: float) -> Line:
    first, second = (f"{outcome.statistic:+.2f}".replace("-", numbers.MINUS) for outcome in (before, after))
    return Line(name, first, second, _p(before_p), _p(after_p))


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _lean_words(found: Comparison) -> str:
    if found.verdict is not Verdict.BOTH:
        return ""
    if not found.lean.is_distinguishable:
        return " On neither side distinguishably more."
    return " More so after." if found.lean.value > 0 else " More so before."


def _harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
