"""The trust dashboard and the worked examples, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from touchstone import engine
from touchstone.ledger.queries import LogState
from touchstone.stories import queries as stories
from touchstone.stories.models import SectionPage, StoryPage
from touchstone.trust.queries import LABELS, Dashboard, PublishedTrust, RatedStory, SectionTrust, dashboard
from touchstone.website import numbers
from touchstone.website.drawing import Bar, bars, stack
from touchstone.website.queries.leakage import Leakage, mood_leakage
from touchstone.website.queries.lists import Teaser
from touchstone.website.queries.report import ReportCard, report_card
from touchstone.website.queries.story import newest_checkpoint
from touchstone.website.verdicts import REASONS, SCALE, Verdict

EXAMPLES = ((7, 1), (8, 2), (15, 1), (190, 10), (30, 30), (2, 38))
ORDER = (*SCALE, "under_review", "gathering_votes")
RULES = {
    "verified": "Index 80 or more, with at least moderate confidence.",
    "likely_real": "Index 60 to 79, or higher with low confidence.",
    "mixed_opinions": "Index 40 to 59.",
    "contested": "Index 20 to 39, or lower with low confidence.",
    "highly_contested": "Index under 20, with at least moderate confidence.",
    "under_review": "Proven readers and all others point to different sides, or votes turned against a label.",
    "gathering_votes": "Fewer than 10 independent votes: no label yet.",
}


@dataclass(frozen=True, slots=True)
class LabelShare:
    """How many stories hold a label; `x` and `width` place it on a bar of 100 %."""

    slug: str
    words: str
    count: int
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section's trust, ready to be drawn."""

    figures: SectionTrust
    labels: list[LabelShare]

    @property
    def index_text(self) -> str:
        """The mean index as a whole number."""
        return str(numbers.rounded(self.figures.mean_index))

    @property
    def index_width(self) -> str:
        """The mean index on a scale of 100, for drawing."""
        return f"{self.figures.mean_index:.1f}%"


@dataclass(frozen=True, slots=True)
class DashboardView:
    """The trust dashboard, ready to be drawn."""

    figures: Dashboard
    labels: list[LabelShare]
    days: list[Bar]
    top_rated: list[Teaser]
    most_contested: list[Teaser]
    sections: list[SectionView]
    discounted: list[str]
    log: LogState | None
    report: ReportCard
    leakage: Leakage

    @property
    def votes_per_story(self) -> str:
        """Votes per story to one decimal."""
        return f"{self.figures.votes_per_story:,.1f}"

    @property
    def busiest(self) -> int:
        """The votes of the busiest day shown."""
        return max((count for _, count in self.figures.votes_by_day), default=0)


def dashboard_view(at: datetime) -> DashboardView:
    """The dashboard as of that moment."""
    figures = dashboard(at)
    every_section = {section.path: section for section in stories.sections()}
    return DashboardView(
        figures=figures,
        labels=_label_shares(figures.by_label),
        days=bars([(f"{then.day} {then:%b}", count) for then, count in figures.votes_by_day]),
        top_rated=_listed(figures.top_rated, every_section, at),
        most_contested=_listed(figures.most_contested, every_section, at),
        sections=[SectionView(section, _label_shares(section.by_label)) for section in figures.sections],
        discounted=[
            f"{numbers.counted(count, 'vote')} {REASONS.get(reason, reason)}"
            for reason, count in figures.discounted.items()
        ],
        log=newest_checkpoint(),
        report=report_card(),
        leakage=mood_leakage(at),
    )


def _listed(rated: list[RatedStory], every_section: dict[str, SectionPage], at: datetime) -> list[Teaser]:
    return [
        Teaser(
            story=each.story,
            section=every_section.get(each.story.path[: -StoryPage.steplen]) or each.story.section,
            verdict=Verdict(each.trust),
            is_breaking=each.story.is_breaking(at),
        )
        for each in rated
    ]


def worked_examples() -> list[Verdict]:
    """Six votes that show what the share, the index and the interval are."""
    return [_scored(real, fake) for real, fake in EXAMPLES]


def label_rules() -> list[tuple[str, str, str]]:
    """Every label from the best: slug, words and rule."""
    ordered = (*reversed(SCALE), "under_review", "gathering_votes")
    return [(slug, LABELS[slug], RULES[slug]) for slug in ordered]


def _label_shares(by_label: dict[str, int]) -> list[LabelShare]:
    held = [(slug, by_label.get(slug, 0)) for slug in reversed(ORDER) if by_label.get(slug, 0)]
    spans = stack([count for _, count in held])
    return [
        LabelShare(slug, LABELS[slug], count, span.x, span.width)
        for (slug, count), span in zip(held, spans, strict=True)
    ]


def _scored(real: int, fake: int) -> Verdict:
    return Verdict(PublishedTrust.of(0, engine.plain_basis(real, fake)))
