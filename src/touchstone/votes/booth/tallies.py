"""A story's tally while a group is counted: its votes by choice and by the place where each counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from touchstone import engine

Places = dict[int, list[int]]
NEWCOMER = 16
LOCKSTEP = -1


@dataclass(slots=True)
class Voter:
    """What the booth knows of a reader; the last full fit found out all but `is_claimed`."""

    is_claimed: bool = False
    level: int = 0
    settled_from_ms: int | None = None
    in_lockstep: bool = False

    def place(self, at_ms: int, mature_ms: int | None) -> int:
        """Where a vote cast now counts until the next full fit, which knows whether a lockstep group has one yet."""
        if self.in_lockstep:
            return LOCKSTEP
        if self.level or mature_ms is None or at_ms < mature_ms:
            return self.level
        return 0 if self.settled_from_ms is not None and at_ms >= self.settled_from_ms else NEWCOMER


@dataclass(slots=True)
class StoryTally:
    """The columns of a Tally and the site's `has_crowd`.

    places : [fake, real] by place; None as long as all votes stand in place 0
    """

    real: int = 0
    fake: int = 0
    last_vote_at_ms: int | None = None
    places: Places | None = None
    held: int = 0
    has_both_sides: bool = False
    probability: float | None = None
    has_crowd: bool = False

    def add(self, choice: str, place: int) -> None:
        """Count a vote."""
        self._count(choice, place, 1)

    def take(self, choice: str, place: int) -> None:
        """Count a vote no more."""
        self._count(choice, place, -1)

    def _count(self, choice: str, place: int, change: int) -> None:
        if place and self.places is None:
            self.places = {0: [self.fake, self.real]}
        if choice == "real":
            self.real += change
        else:
            self.fake += change
        if self.places is not None:
            self.places.setdefault(place, [0, 0])[choice == "real"] += change

    def basis(self) -> engine.Basis:
        """What the story's figures follow from."""
        return engine.Basis(
            places=places_of(self.real, self.fake, self.places),
            held=self.held,
            has_crowd=self.has_crowd,
            has_both_sides=self.has_both_sides,
            probability=self.probability,
        )

    def places_text(self) -> str:
        """The places as the database keeps them."""
        return places_text(self.places)


def places_of(real: int, fake: int, places: Places | None) -> tuple[engine.Place, ...]:
    """The places that hold votes, in order."""
    if places is None:
        return (engine.Place(0, fake, real),) if real or fake else ()
    return tuple(engine.Place(place, *votes) for place, votes in sorted(places.items()) if any(votes))


def places_text(places: Places | None) -> str:
    """Places as text: rows of [place, fake, real]; empty if all votes stand in place 0."""
    rows = [] if places is None else [[place, *votes] for place, votes in sorted(places.items()) if any(votes)]
    return json.dumps(rows, separators=(",", ":")) if any(row[0] for row in rows) else ""


def read_places(text: str | None) -> Places | None:
    """What `places_text` wrote."""
    return {place: [fake, real] for place, fake, real in json.loads(text)} if text else None


def gather_places(rows: Iterable[tuple[int, str, int]]) -> Places:
    """Places from counts of votes: (place, choice, how many)."""
    places: Places = {}
    for place, choice, count in rows:
        places.setdefault(place, [0, 0])[choice == "real"] += count
    return places
