"""Publish trust figures: as snapshots for pages, and as entries of the vote log for auditors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from touchstone import engine
from touchstone.ledger import actions as ledger
from touchstone.transparency import Json, published_figures
from touchstone.trust.models import Published, Snapshot
from touchstone.trust.queries import FIGURES, PublishedTrust, figures_for
from touchstone.votes.actions import hold_sides
from touchstone.votes.models import Tally

LOOK_BACK = timedelta(minutes=1)
ROWS_PER_ENTRY = 100
STORIES_PER_TURN = 500
LOGGED = tuple(name for name in FIGURES if name not in {"real", "fake", "probability", "review"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of publishing did.

    published : figures that are new
    unheard   : figures of stories that something else than a vote has changed, of which no page has been told
    last      : the story with which the next turn goes on; None when no changed story is left
    """

    published: list[PublishedTrust] = field(default_factory=list)
    unheard: list[PublishedTrust] = field(default_factory=list)
    last: int | None = None


def publish_changed(*, at: datetime, look_back: timedelta = LOOK_BACK, after: int = 0) -> Turn:
    """Publish stories of which something changed since they were last published; 500 a turn, as votes wait meanwhile.

    after : only stories with a higher number are looked at; where a turn has a `last`, call again with that
    look_back : stories whose last vote is older than this are not looked at, unless they were never published or a
                full fit has changed what their figures follow from
    What figures follow from is read and logged while no vote can commit, so that a replay of the log finds the same.
    """
    candidates = _changed_since(at - look_back, after=after)
    if not candidates:
        return Turn()
    with ledger.votes_held_still():
        known = dict(Published.objects.filter(story_id__in=candidates).values_list("story_id", "basis"))
        figures = [_held(trust) for trust in figures_for(candidates).values()]
        published = [trust for trust in figures if known.get(trust.story) != trust.basis.as_fields()]
        if published:
            hold_sides({trust.story: trust.basis.held for trust in published})
            _log(published, at=at)
            _keep(published, at=at)
        stale = Published.objects.filter(story_id__in=candidates, is_stale=True)
        touched = set(stale.values_list("story_id", flat=True))
        stale.update(is_stale=False)
    unheard = [trust for trust in figures if trust.story in touched]
    return Turn(published, unheard, candidates[-1] if len(candidates) == STORIES_PER_TURN else None)


def _changed_since(moment: datetime, *, after: int) -> list[int]:
    since_ms = int(moment.timestamp() * 1000)
    never = ~Exists(Published.objects.filter(story=OuterRef("story")))
    stale = Exists(Published.objects.filter(story=OuterRef("story"), is_stale=True))
    rows = Tally.objects.filter(Q(last_vote_at_ms__gte=since_ms) | never | stale, story_id__gt=after)
    return list(rows.order_by("story_id").values_list("story_id", flat=True)[:STORIES_PER_TURN])


def _held(trust: PublishedTrust) -> PublishedTrust:
    """The figures with the side held that publishing them makes the story hold; the label is the same."""
    held = engine.held_after(trust.basis)
    if held == trust.basis.held:
        return trust
    return PublishedTrust.of(trust.story, replace(trust.basis, held=held), trust.last_vote_at)


def _log(published: list[PublishedTrust], *, at: datetime) -> None:
    digest = engine.engine_digest()
    if not Snapshot.objects.filter(engine_digest=digest).exists():
        ledger.record_engine(engine=digest, parameters={"version": engine.ENGINE_VERSION}, at=at)
    rows = [_row(trust) for trust in published]
    for first in range(0, len(rows), ROWS_PER_ENTRY):
        ledger.record_index(rows=rows[first : first + ROWS_PER_ENTRY], engine=digest, at=at)


def _row(trust: PublishedTrust) -> dict[str, Json]:
    figures = published_figures({name: getattr(trust, name) for name in LOGGED})
    row: dict[str, Json] = {"story": trust.story, "real": trust.real, "fake": trust.fake, "figures": figures}
    return row if trust.basis.is_plain else {**row, "basis": trust.basis.as_fields()}


def _keep(published: list[PublishedTrust], *, at: datetime) -> None:
    Snapshot.objects.bulk_create([_snapshot(trust, at=at) for trust in published])
    Published.objects.bulk_create(
        [Published(story_id=trust.story, basis=trust.basis.as_fields(), at=at) for trust in published],
        update_conflicts=True,
        unique_fields=["story"],
        update_fields=["basis", "at"],
    )


def _snapshot(trust: PublishedTrust, *, at: datetime) -> Snapshot:
    known = {name: getattr(trust, name) for name in FIGURES}
    known["discounted"] = [list(reason) for reason in trust.discounted]
    return Snapshot(story_id=trust.story, at=at, engine_digest=engine.engine_digest(), **known)
