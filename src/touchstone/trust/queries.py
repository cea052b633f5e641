"""Reads the published trust of stories and the figures of the trust dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta

from django.db.models import Count, F, QuerySet, Sum, Value
from wagtail.models import PageViewRestriction

from touchstone import engine
from touchstone.statements import prepared
from touchstone.stories.models import StoryPage
from touchstone.stories.queries import sections as every_section
from touchstone.trust.models import AnchorMember, Resolution, Snapshot
from touchstone.votes.models import Electorate, Tally, VoteEvent
from touchstone.votes.queries import basis_of, votes_per_day

FIGURES = tuple(field.name for field in fields(engine.StoryTrust))
LABELS = {
    "verified": "Verified",
    "likely_real": "Likely real",
    "mixed_opinions": "Mixed opinions",
    "contested": "Contested",
    "highly_contested": "Highly contested",
    "gathering_votes": "Gathering votes",
    "under_review": "Under review",
}
CONFIDENCES = {"high": "High", "moderate": "Moderate", "low": "Low"}
REVIEWS = {
    "keys_disagree": "proven readers disagree",
    "newcomers_disagree": "settled readers disagree",
    "turned": "votes turned against the label that was out",
    "unwitnessed": "too few proven readers",
}
VOTES_FOR_A_LABEL = 10
LONGEST_TREND = 40
DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class PublishedTrust:
    """What readers see of one story's trust: the fields of the engine's StoryTrust, and when and from what."""

    story: int
    real: int
    fake: int
    share: float | None
    index: float
    low: float
    high: float
    probability: float | None
    confidence: str
    label: str
    attack_price: int | None
    effective_votes: float
    discounted: tuple[tuple[str, int], ...]
    review: engine.ReviewReason
    last_vote_at: datetime | None
    basis: engine.Basis

    @classmethod
    def of(cls, story: int, basis: engine.Basis, last_vote_at: datetime | None = None) -> PublishedTrust:
        """What the engine says of a story with that basis."""
        trust = engine.score_basis(basis)
        known = {name: getattr(trust, name) for name in FIGURES}
        return cls(story=story, last_vote_at=last_vote_at, basis=basis, **known)

    @property
    def votes(self) -> int:
        """Valid votes counted, each reader once."""
        return self.real + self.fake

    @property
    def real_pct(self) -> int | None:
        """Raw share of real votes in whole per cent; None without votes."""
        return None if self.share is None else round(100 * self.share)

    @property
    def fake_pct(self) -> int | None:
        """What is left to 100 per cent, so that both always add up; None without votes."""
        return None if self.real_pct is None else 100 - self.real_pct

    @property
    def label_text(self) -> str:
        """The label as readers see it, for example "Verified" or "Gathering votes: 7 of 10"."""
        if self.review == "unwitnessed":
            return "Gathering votes: proven readers missing"
        if self.label == "gathering_votes":
            return f"Gathering votes: {min(int(self.effective_votes), VOTES_FOR_A_LABEL)} of {VOTES_FOR_A_LABEL}"
        return LABELS[self.label]

    @property
    def review_text(self) -> str:
        """Why the story is held back, in few words for the desk; empty if it is not."""
        return REVIEWS.get(self.review, "")

    @property
    def is_doubted(self) -> bool:
        """Whether an editor should look: under review, or a label below Likely real."""
        return self.label == "under_review" or (self.label != "gathering_votes" and self.index < 60)

    @property
    def confidence_text(self) -> str:
        """The confidence as readers see it, for example "Moderate"."""
        return CONFIDENCES[self.confidence]


@prepared
def _tallies(story_ids: list[int]) -> QuerySet[Tally]:
    return Tally.objects.filter(story__in=story_ids)


@prepared
def _crowd() -> QuerySet[Electorate, bool]:
    return Electorate.objects.order_by().values_list("has_crowd", flat=True)


def figures_for(story_ids: Iterable[int]) -> dict[int, PublishedTrust]:
    """Present trust figures by story id; stories without votes are included. Two queries."""
    wanted = list(story_ids)
    saved = [story_id for story_id in wanted if story_id is not None]  # a draft in preview has no id yet
    tallies = {tally.story_id: tally for tally in _tallies(saved)}
    has_crowd = next(iter(_crowd()), False)
    return {story_id: _figures(story_id, tallies.get(story_id), has_crowd=has_crowd) for story_id in wanted}


def figures_of(story_id: int) -> PublishedTrust:
    """Present trust figures of one story."""
    return figures_for([story_id])[story_id]


def _figures(story_id: int, tally: Tally | None, *, has_crowd: bool) -> PublishedTrust:
    if tally is None:
        return PublishedTrust.of(story_id, engine.Basis(has_crowd=has_crowd))
    last_ms = tally.last_vote_at_ms
    last_vote_at = None if last_ms is None else datetime.fromtimestamp(last_ms / 1000, UTC)
    return PublishedTrust.of(story_id, basis_of(tally, has_crowd=has_crowd), last_vote_at)


def settled_among(story_ids: Iterable[int]) -> set[int]:
    """Which of these stories two people have signed a resolution for. One query."""
    signed = Resolution.objects.filter(story__in=list(story_ids), withdrawn_at=None, second_signed_at__isnull=False)
    return set(signed.values_list("story_id", flat=True))


@prepared
def _sitting() -> QuerySet[AnchorMember, str]:
    return AnchorMember.objects.filter(left_at=None).order_by("joined_at", "pk").values_list("name", flat=True)


def panel_names() -> list[str]:
    """The public names of the anchor panel's members."""
    return list(_sitting())


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The published index of a story at one moment."""

    at: datetime
    index: float
    low: float
    high: float
    votes: int


def trend_of(story_id: int, *, limit: int = 40) -> list[TrendPoint]:
    """The newest published figures of a story, oldest first; at most 40."""
    rows = _newest_snapshots(story_id)[:limit]
    return [TrendPoint(at, index, low, high, real + fake) for at, index, low, high, real, fake in reversed(rows)]


@prepared
def _newest_snapshots(story_id: int) -> QuerySet[Snapshot, tuple[datetime, float, float, float, int, int]]:
    rows = Snapshot.objects.filter(story=story_id).order_by("-at", "-id")
    return rows.values_list("at", "index", "low", "high", "real", "fake")[:LONGEST_TREND]


@dataclass(frozen=True, slots=True)
class RatedStory:
    """A story with its trust, for lists."""

    story: StoryPage
    trust: PublishedTrust


@dataclass(frozen=True, slots=True)
class SectionTrust:
    """How the readers judge one section's stories."""

    section: str
    url: str
    stories: int
    votes: int
    mean_index: float
    by_label: dict[str, int]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the trust dashboard shows, as of one moment."""

    at: datetime
    votes_total: int
    votes_this_week: int
    stories_rated: int
    stories_total: int
    votes_per_story: float
    by_label: dict[str, int]
    top_rated: list[RatedStory]
    most_contested: list[RatedStory]
    sections: list[SectionTrust]
    votes_by_day: list[tuple[datetime, int]]
    discounted: dict[str, int]
    engine_version: str
    engine_digest: str


def dashboard(at: datetime, *, list_length: int = 5) -> Dashboard:
    """The figures of the trust dashboard; the number of queries does not depend on the number of stories."""
    rated = _rated_stories()
    with_label = [each for each in rated if each.trust.label != "gathering_votes"]
    votes_total = next(iter(_all_votes()), 0) or 0
    by_index = sorted(with_label, key=lambda each: (-each.trust.index, -each.trust.votes))
    by_doubt = sorted(with_label, key=lambda each: (abs(each.trust.index - 50), -each.trust.votes))
    return Dashboard(
        at=at,
        votes_total=votes_total,
        votes_this_week=next(iter(_votes_since(_ms(at - timedelta(days=7)))), 0),
        stories_rated=len(with_label),
        stories_total=len(rated),
        votes_per_story=votes_total / len(rated) if rated else 0.0,
        by_label={label: sum(each.trust.label == label for each in rated) for label in LABELS},
        top_rated=by_index[:list_length],
        most_contested=by_doubt[:list_length],
        sections=_by_section(rated),
        votes_by_day=votes_per_day(since=_midnight(at - timedelta(days=DAYS_SHOWN - 1)), until=at),
        discounted=_discounts(rated),
        engine_version=engine.ENGINE_VERSION,
        engine_digest=engine.engine_digest(),
    )


def most_doubted(*, limit: int) -> list[RatedStory]:
    """Live stories that are under review or have a label below Likely real, the most doubted first."""
    doubted = [each for each in _rated_stories() if each.trust.is_doubted]
    return sorted(doubted, key=lambda each: each.trust.index)[:limit]


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


@prepared
def _all_votes() -> QuerySet[Tally, int]:
    whole = Tally.objects.order_by().values(whole=Value(1)).annotate(votes=Sum(F("real") + F("fake")))
    return whole.values_list("votes", flat=True)


@prepared
def _votes_since(first_ms: int) -> QuerySet[VoteEvent, int]:
    events = VoteEvent.objects.filter(at_ms__gte=first_ms).order_by()
    return events.values(whole=Value(1)).annotate(votes=Count("pk")).values_list("votes", flat=True)


@prepared
def _live_headlines() -> QuerySet[StoryPage]:
    live = StoryPage.objects.live().order_by("-first_published_at")
    return live.only("title", "slug", "path", "live", "first_published_at", "breaking_until")


@prepared
def _private_paths() -> QuerySet[PageViewRestriction, str]:
    return PageViewRestriction.objects.values_list("page__path", flat=True)


def _rated_stories() -> list[RatedStory]:
    private = tuple(_private_paths())
    stories = [story for story in _live_headlines() if not story.path.startswith(private)]
    figures = figures_for([story.pk for story in stories])
    return [RatedStory(story, figures[story.pk]) for story in stories]


def _by_section(rated: list[RatedStory]) -> list[SectionTrust]:
    sections = []
    for section in every_section():
        inside = [each.trust for each in rated if each.story.path.startswith(section.path)]
        judged = [trust.index for trust in inside if trust.label != "gathering_votes"]
        sections.append(
            SectionTrust(
                section=section.title,
                url=section.url or "",
                stories=len(inside),
                votes=sum(trust.votes for trust in inside),
                mean_index=sum(judged) / len(judged) if judged else 50.0,
                by_label={label: sum(trust.label == label for trust in inside) for label in LABELS},
            )
        )
    return sections


def _discounts(rated: list[RatedStory]) -> dict[str, int]:
    reasons: dict[str, int] = {}
    for each in rated:
        for reason, count in each.trust.discounted:
            reasons[reason] = reasons.get(reason, 0) + count
    return reasons
