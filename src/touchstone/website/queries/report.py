"""How often the index was right: resolved stories set against what was published before their resolution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db.models import F, FloatField, OuterRef, QuerySet, Subquery

from touchstone import engine
from touchstone.statements import prepared
from touchstone.stories.models import StoryPage
from touchstone.trust.models import Resolution, Snapshot
from touchstone.website import numbers
from touchstone.website.drawing import pct

FEWEST_FOR_DIAGRAM = 8
FEWEST_THAT_TELL = 100
LARGEST_DOT_PX = 14.0
OUTCOMES = {Resolution.Outcome.CONFIRMED: 1.0, Resolution.Outcome.DEBUNKED: 0.0}


@dataclass(frozen=True, slots=True)
class Dot:
    """Stories with a like index: where they stand, how large they are drawn, and what that means in words."""

    x: str
    y: str
    radius: str
    words: str


@dataclass(frozen=True, slots=True)
class ReportCard:
    """The index graded by what stories turned out to be.

    resolved : stories with two signatures; graded : those confirmed or debunked whose index was published before
    right    : graded stories that the index had on the right side of 50
    """

    resolved: int
    graded: int
    right: int
    brier: float | None
    dots: list[Dot]

    @property
    def is_small(self) -> bool:
        """Whether there are too few stories for the figures to say much."""
        return self.graded < FEWEST_THAT_TELL

    @property
    def brier_text(self) -> str:
        """The Brier score to three decimals."""
        return "–" if self.brier is None else f"{self.brier:.3f}"


def report_card() -> ReportCard:
    """The report card of all resolutions that stand. One query."""
    found = _standing_with_index()
    pairs = [(index, outcome) for outcome, index in found if index is not None and outcome in OUTCOMES]
    forecast = np.array([value / 100 for value, _ in pairs])
    outcome = np.array([OUTCOMES[Resolution.Outcome(found)] for _, found in pairs])
    return ReportCard(
        resolved=len(found),
        graded=len(pairs),
        right=int(((forecast > 0.5) == (outcome > 0.5)).sum()),
        brier=engine.brier_score(forecast, outcome) if pairs else None,
        dots=_dots(forecast, outcome) if len(pairs) >= FEWEST_FOR_DIAGRAM else [],
    )


@prepared
def _standing_with_index() -> QuerySet[Resolution, tuple[str, float | None]]:
    """Outcome of every resolution that stands, and the index that was published before it."""
    standing = Resolution.objects.filter(second_signed_at__isnull=False, withdrawn_at__isnull=True)
    before = Snapshot.objects.filter(story=OuterRef("story"), at__lt=OuterRef("first_signed_at"))
    index = Subquery(before.order_by("-at", "-id").values("index")[:1], output_field=FloatField())
    return standing.annotate(index_before=index).order_by("pk").values_list("outcome", "index_before")


def resolution_of(story: StoryPage) -> Resolution | None:
    """What the story turned out to be, once two people have signed it."""
    return next(iter(_standing(story.pk)), None)


@prepared
def _standing(story: int) -> QuerySet[Resolution]:
    signed = Resolution.objects.filter(story=story, second_signed_at__isnull=False, withdrawn_at__isnull=True)
    return signed.order_by(F("second_signed_at").desc())[:1]


def _dots(forecast: np.ndarray, outcome: np.ndarray) -> list[Dot]:
    rows = engine.reliability(forecast, outcome)
    most = max(row.n for row in rows)
    return [
        Dot(
            x=pct(100 * row.forecast),
            y=pct(100 - 100 * row.outcome),
            radius=f"{LARGEST_DOT_PX * (0.35 + 0.65 * (row.n / most) ** 0.5):.1f}",
            words=(
                f"{numbers.counted(row.n, 'story', 'stories')} with an index of about "
                f"{numbers.rounded(100 * row.forecast)}: {numbers.rounded(100 * row.outcome)} % confirmed"
            ),
        )
        for row in rows
    ]
