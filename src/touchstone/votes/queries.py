"""Reads votes, tallies and their history."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Count, ExpressionWrapper, F, Q, QuerySet, Sum

from touchstone.engine import Basis
from touchstone.ledger.errors import NoSuchEntry
from touchstone.ledger.queries import ReceiptView, entry_numbers, receipt
from touchstone.readers.models import Reader
from touchstone.statements import prepared
from touchstone.stories.models import StoryPage
from touchstone.votes.ballots import Answer, Question
from touchstone.votes.booth.figures import figures_json
from touchstone.votes.booth.house import this_house
from touchstone.votes.booth.lookup import look
from touchstone.votes.booth.opening import store_over
from touchstone.votes.booth.tallies import places_of, read_places
from touchstone.votes.models import Tally, Vote, VoteEvent

DAY_MS = 86_400_000
LOOKED_UP_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Counts:
    """Current votes of one story."""

    real: int
    fake: int
    last_vote_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnVote:
    """One line of a reader's own list."""

    story: StoryPage
    choice: str | None
    version: int
    cast_at: datetime
    receipt: str | None
    is_signed: bool
    entry: int | None
    is_open: bool
    was_right: bool | None
    chance_pct: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """A reader's graded votes in sum.

    expected : how many of them would be right by what was public just before each
    level    : the weight that follows, 0 to 15
    """

    graded: int
    right: int
    expected: float
    level: int
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures over the whole site."""

    real: int
    fake: int
    stories: int
    readers: int


def moment_of(at_ms: int) -> datetime:
    """A time in milliseconds as an aware time in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def tallies(story_ids: Iterable[int]) -> dict[int, Counts]:
    """Counts by story id; stories without votes have zeroes. One query."""
    wanted = list(story_ids)
    found = {row.story_id: row for row in Tally.objects.filter(story_id__in=wanted)}
    return {story: _counts(found.get(story)) for story in wanted}


def _counts(row: Tally | None) -> Counts:
    if row is None:
        return Counts(0, 0, None)
    return Counts(row.real, row.fake, moment_of(row.last_vote_at_ms) if row.last_vote_at_ms else None)


def basis_of(tally: Tally, *, has_crowd: bool) -> Basis:
    """What a story's figures follow from; has_crowd is the electorate's."""
    places = read_places(tally.places)
    return Basis(
        places=places_of(tally.real, tally.fake, places),
        held=tally.held,
        has_crowd=has_crowd,
        has_both_sides=tally.has_both_sides,
        probability=tally.probability,
    )


def told_figures(story: int, basis: Basis, last_vote_at_ms: int | None) -> dict[str, Any]:
    """What pages are told of a story: the members of GET /api/v1/stories/{id}/trust, as the booth answers votes."""
    figures: dict[str, Any] = json.loads(figures_json(story, basis, last_vote_at_ms))
    return figures


def current_vote(reader: Reader, story: StoryPage) -> Vote | None:
    """How a reader's vote on a story stands."""
    return Vote.objects.filter(reader=reader, story=story).first()


def standing(reader: UUID, story: int) -> Answer:
    """What a one-time token needs to know of a reader and a story. Raises StoreUnavailable."""
    question = Question(story, reader.hex)
    if connection.in_atomic_block:
        return look(store_over(connection), [question])[0]
    return this_house().lookup.ask(question).result(LOOKED_UP_WITHIN_S)


def last_vote_at(story_id: int) -> datetime | None:
    """When a story's votes last changed."""
    return tallies([story_id])[story_id].last_vote_at


@prepared
def _counted_by_day(first_ms: int, until_ms: int) -> QuerySet[VoteEvent, tuple[int, int]]:
    events = VoteEvent.objects.filter(at_ms__gte=first_ms, at_ms__lt=until_ms)
    day = ExpressionWrapper((F("at_ms") - first_ms) / DAY_MS, output_field=BigIntegerField())
    return events.order_by().annotate(day=day).values("day").annotate(n=Count("id")).values_list("day", "n")


def votes_per_day(*, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
    """Acknowledged votes, changes and retractions for each day of 24 hours from `since` on. One query."""
    first_ms = int(since.timestamp() * 1000)
    counted = dict(_counted_by_day(first_ms, int(until.timestamp() * 1000)))
    length = max(1, -(-(until - since) // timedelta(days=1)))
    return [(since + timedelta(days=place), counted.get(place, 0)) for place in range(length)]


def totals() -> Totals:
    """Votes, rated stories and voting readers of the whole site. Two queries."""
    summed = Tally.objects.aggregate(
        stories=Count("pk", filter=~Q(real=0, fake=0)), all_real=Sum("real"), all_fake=Sum("fake")
    )
    readers = Vote.objects.aggregate(n=Count("reader", distinct=True))["n"]
    return Totals(summed["all_real"] or 0, summed["all_fake"] or 0, summed["stories"], readers)


def own_receipt(reader: Reader, event: UUID) -> ReceiptView | None:
    """The receipt of a reader's own event with its private half; None if it is not theirs."""
    if not VoteEvent.objects.filter(pk=event, reader=reader).exists():
        return None
    try:
        return receipt(event, with_audit=True)
    except NoSuchEntry:
        return None


def own_record(reader: Reader, *, at: datetime) -> Record:
    """What a reader has earned so far and from what, as the last full fit left it. One query."""
    graded = list(Vote.objects.filter(reader=reader, chance__isnull=False).values_list("chance", "was_right"))
    since = reader.settled_from_ms
    return Record(
        graded=len(graded),
        right=sum(bool(was_right) for _chance, was_right in graded),
        expected=sum(chance or 0.0 for chance, _was_right in graded),
        level=reader.level,
        is_settled=since is not None and at.timestamp() * 1000 >= since,
    )


def own_votes(reader: Reader, *, at: datetime) -> list[OwnVote]:
    """A reader's votes with version, receipt and place in the log, newest first. Five queries, however many votes."""
    votes = list(Vote.objects.filter(reader=reader).select_related("story", "version").order_by("-cast_at_ms"))
    numbers = entry_numbers([vote.event for vote in votes if vote.event])
    signed = set(VoteEvent.objects.filter(reader=reader, is_signed=True).values_list("pk", flat=True))
    return [
        OwnVote(
            story=vote.story,
            choice=vote.choice,
            version=vote.version.number,
            cast_at=moment_of(vote.cast_at_ms),
            receipt=str(vote.event) if vote.event else None,
            is_signed=vote.event in signed,
            entry=numbers.get(vote.event) if vote.event else None,
            is_open=not vote.story.is_closed_to_votes(at),
            was_right=vote.was_right,
            chance_pct=None if vote.chance is None else round(100 * vote.chance),
        )
        for vote in votes
    ]
