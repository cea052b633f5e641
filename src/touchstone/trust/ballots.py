"""Gathers the site's votes and resolutions as the integer columns that the engine takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from touchstone.engine import Resolutions
from touchstone.trust.models import Resolution
from touchstone.votes.models import Choice, Vote

OUTCOMES = {Resolution.Outcome.CONFIRMED.value: 1, Resolution.Outcome.DEBUNKED.value: 0}


@dataclass(frozen=True, slots=True)
class SiteBallots:
    """All current votes, one row per vote in the order of story, time and reader.

    story, reader : int64, shape (n_votes,), places in `story_ids` and `reader_ids`
    vote          : int64, shape (n_votes,), 1 real, 0 fake
    time_ms       : int64, shape (n_votes,), milliseconds since 1970, UTC
    """

    story: NDArray[np.int64]
    reader: NDArray[np.int64]
    vote: NDArray[np.int64]
    time_ms: NDArray[np.int64]
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
        .values_list("story_id", "reader_id", "choice", "cast_at_ms")
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
        story_ids=story_ids,
        reader_ids=reader_ids,
    )


def settled_outcomes() -> dict[int, tuple[int, datetime]]:
    """Outcome (1 real, 0 fake) and time of every story settled by two people; partly true ones are left out."""
    standing = Resolution.objects.filter(withdrawn_at=None, second_signed_at__isnull=False, outcome__in=OUTCOMES)
    return {each.story_id: (OUTCOMES[each.outcome], each.first_signed_at) for each in standing}


def resolutions_among(ballots: SiteBallots) -> Resolutions:
    """The settled stories among those with votes, by their place in the ballots."""
    settled = settled_outcomes()
    places = [place for place, story_id in enumerate(ballots.story_ids) if story_id in settled]
    return Resolutions(places, [settled[ballots.story_ids[place]][0] for place in places])
