"""Gathers the site's votes and resolutions as the integer columns that the engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from touchstone import engine
from touchstone.engine import Resolutions
from touchstone.trust.models import AnchorMember, Resolution, Snapshot
from touchstone.votes.models import Choice, Tally, Vote

OUTCOMES = {Resolution.Outcome.CONFIRMED.value: 1, Resolution.Outcome.DEBUNKED.value: 0}


@dataclass(frozen=True, slots=True)
class SiteBallots:
    """All current votes, one row per vote in the order of story, time and reader.

    story, reader : int64, shape (n_votes,), places in `story_ids` and `reader_ids`
    vote          : int64, shape (n_votes,), 1 real, 0 fake
    time_ms       : int64, shape (n_votes,), milliseconds since 1970, UTC
    rows, place   : int64, shape (n_votes,), the database's keys of the votes, and where each counts so far
    chance        : float64, shape (n_votes,), as each was graded so far; NaN = not
    """

    story: NDArray[np.int64]
    reader: NDArray[np.int64]
    vote: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    rows: NDArray[np.int64]
    place: NDArray[np.int64]
    chance: NDArray[np.float64]
    story_ids: list[int]
    reader_ids: list[UUID]

    @property
    def n_stories(self) -> int:
        """How many stories have votes."""
        return len(self.story_ids)

    @property
    def n_readers(self) -> int:
        """How many readers have votes."""
        return len(self.reader_ids)


def gather_ballots() -> SiteBallots:
    """Every current vote of the site."""
    rows = list(
        Vote.objects.order_by("story_id", "cast_at_ms", "reader_id")
        .values_list("story_id", "reader_id", "choice", "cast_at_ms", "pk", "place", "chance")
        .iterator(chunk_size=10_000)
    )
    story_ids = sorted({row[0] for row in rows})
    reader_ids = sorted({row[1] for row in rows})
    story_places = {story: place for place, story in enumerate(story_ids)}
    reader_places = {reader: place for place, reader in enumerate(reader_ids)}
    return SiteBallots(
        story=np.array([story_places[row[0]] for row in rows], dtype=np.int64),
        reader=np.array([reader_places[row[1]] for row in rows], dtype=np.int64),
        vote=np.array([row[2] == Choice.REAL for row in rows], dtype=np.int64),
        time_ms=np.array([row[3] for row in rows], dtype=np.int64),
        rows=np.array([row[4] for row in rows], dtype=np.int64),
        place=np.array([row[5] for row in rows], dtype=np.int64),
        chance=np.array([row[6] for row in rows], dtype=np.float64),
        story_ids=story_ids,
        reader_ids=reader_ids,
    )


def settled_outcomes() -> dict[int, tuple[int, datetime]]:
    """Outcome (1 real, 0 fake) and time of every story settled by two people; partly true ones are left out."""
    standing = Resolution.objects.filter(withdrawn_at=None, second_signed_at__isnull=False, outcome__in=OUTCOMES)
    return {each.story_id: (OUTCOMES[each.outcome], each.first_signed_at) for each in standing}


def gather_evidence(ballots: SiteBallots) -> engine.Evidence:
    """What the site knows beyond the votes: settled stories, what was published when, labels held, and the panel."""
    settled = settled_outcomes()
    places = [place for place, story_id in enumerate(ballots.story_ids) if story_id in settled]
    known = [settled[ballots.story_ids[place]] for place in places]
    resolved = Resolutions(places, [outcome for outcome, _at in known])
    sides = dict(Tally.objects.exclude(held=0).values_list("story_id", "held"))
    return engine.Evidence(
        resolved=resolved,
        resolved_ms=np.array([int(at.timestamp() * 1000) for _outcome, at in known], dtype=np.int64),
        published=_published_before(ballots, places),
        held=np.array([sides.get(story_id, 0) for story_id in ballots.story_ids], dtype=np.int64),
        anchors=_anchors(ballots),
    )


def _published_before(ballots: SiteBallots, places: list[int]) -> NDArray[np.float64]:
    """The probability published just before each vote on these stories; NaN where there was none."""
    published = np.full(len(ballots.story), np.nan)
    wanted = {ballots.story_ids[place]: place for place in places}
    rows: dict[int, list[tuple[int, float]]] = {}
    known = Snapshot.objects.filter(story__in=wanted, probability__isnull=False).order_by("at", "id")
    for story_id, at, probability in known.values_list("story_id", "at", "probability"):
        rows.setdefault(wanted[story_id], []).append((int(at.timestamp() * 1000), probability or 0.0))
    for place, history in rows.items():
        votes = np.flatnonzero(ballots.story == place)
        last = np.searchsorted([at_ms for at_ms, _ in history], ballots.time_ms[votes], side="left") - 1
        said = np.array([probability for _, probability in history])
        published[votes[last >= 0]] = said[last[last >= 0]]
    return published


def _anchors(ballots: SiteBallots) -> engine.Anchors | None:
    """The panel's members among the readers; None where there is no panel."""
    numbers = {reader: number for number, reader in enumerate(ballots.reader_ids)}
    members = AnchorMember.objects.filter(left_at=None).values_list("reader", flat=True)
    found = tuple(sorted(numbers[reader] for reader in members if reader in numbers))
    return engine.Anchors(found) if found else None
