"""Counts a group of ballots in one transaction: finds what stands, decides what each one changes, writes it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from touchstone.engine import Basis
from touchstone.ledger.actions import queue_sql
from touchstone.votes.ballots import Ballot, Kind, Question, Recorded
from touchstone.votes.booth.signatures import register_keys
from touchstone.votes.booth.store import Store
from touchstone.votes.booth.tallies import StoryTally, Voter, read_places
from touchstone.votes.entries import draw_nonces, vote_row
from touchstone.votes.errors import (
    BadSignature,
    KeyTaken,
    NonceUsed,
    ReaderClaimed,
    StoryChanged,
    UnknownStory,
    VoteRefused,
    VotingClosed,
)

Settled = Recorded | VoteRefused
NOBODY = Voter()


@dataclass(slots=True)
class Standing:
    """What the database says before a group is counted; counting keeps it up to date."""

    events: dict[str, Recorded] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    readers: dict[str, Voter] = field(default_factory=dict)
    stories: dict[int, tuple[bool, int | None]] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    votes: dict[tuple[int, str], tuple[str, int, str | None, int]] = field(default_factory=dict)
    tallies: dict[int, StoryTally] = field(default_factory=dict)
    mature_ms: int | None = None


Reading = Callable[[Standing], None]


@dataclass(slots=True)
class Changes:
    """Rows to write, gathered over a group."""

    readers: dict[str, int] = field(default_factory=dict)
    votes: dict[tuple[int, str], tuple[Any, ...] | None] = field(default_factory=dict)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    entries: list[tuple[Ballot, Kind]] = field(default_factory=list)
    stories: set[int] = field(default_factory=set)


class Counter:
    """Counts groups of ballots on one connection; remembers only what never changes."""

    def __init__(self) -> None:
        self._hashes: dict[int, str] = {}

    def count(self, store: Store, ballots: Sequence[Ballot]) -> list[Settled]:
        """Count a group in the open transaction; what comes back holds only once that is committed.

        Raises StoreLost or RowsRefused, after which the caller rolls back.
        """
        store.lock_tallies(list({ballot.story for ballot in ballots}))
        standing = self._look(store, ballots)
        changes = Changes()
        settled = [self._settle(ballot, standing, changes) for ballot in ballots]
        if changes.events:
            with store.together():
                self._write(store, standing, changes)
        _tell_figures(settled, standing)
        return settled

    def _look(self, store: Store, ballots: Sequence[Ballot]) -> Standing:
        standing = Standing()
        stories = list({ballot.story for ballot in ballots})
        # Asked together before any is read: a database at the other end of a wire then answers all of them at once.
        readings = (ask_stories(store, stories), ask_readers(store, ballots), ask_events(store, ballots))
        for read in readings:
            read(standing)
        self._look_at_versions(store, standing)
        look_at_votes(store, ballots, standing)
        return standing

    def _look_at_versions(self, store: Store, standing: Standing) -> None:
        unknown = [version for version in standing.versions.values() if version not in self._hashes]
        if unknown:
            hashes = store.rows("SELECT id, sha256 FROM stories_storyversion WHERE id IN %ints", unknown)
            self._hashes.update(dict(hashes))

    def _settle(self, ballot: Ballot, standing: Standing, changes: Changes) -> Settled:
        known = standing.events.get(ballot.key)
        if known is not None:
            return self._repeat(ballot, known, standing)
        refusal = refusal_of(ballot, standing)
        if refusal is not None:
            return refusal
        if ballot.signature is not None and ballot.signature.version not in (None, self._hashes[ballot.version]):
            return BadSignature()
        return self._change(ballot, standing, changes)

    def _repeat(self, ballot: Ballot, known: Recorded, standing: Standing) -> Settled:
        is_same = standing.owners[ballot.key] == ballot.reader and known.story == ballot.story
        return known if is_same and known.choice == ballot.choice else KeyTaken()

    def _change(self, ballot: Ballot, standing: Standing, changes: Changes) -> Settled:
        place = (ballot.story, ballot.reader)
        before = standing.votes.get(place)
        tally = standing.tallies[ballot.story]
        kind = kind_of(ballot, before)
        if kind is None:
            event = before[2] if before else None
            return Recorded(ballot.story, event, None, ballot.choice, ballot.at_ms)
        if before is not None:
            tally.take(before[0], before[3])
        if ballot.choice is None:
            del standing.votes[place]
            changes.votes[place] = None
        else:
            counts_at = standing.readers.get(ballot.reader, NOBODY).place(ballot.at_ms, standing.mature_ms)
            tally.add(ballot.choice, counts_at)
            standing.votes[place] = (ballot.choice, ballot.version, ballot.key, counts_at)
            row = (ballot.story, ballot.reader, ballot.version, ballot.choice, ballot.at_ms, ballot.key, counts_at)
            changes.votes[place] = row
        tally.last_vote_at_ms = max(tally.last_vote_at_ms or 0, ballot.at_ms)
        return self._record(ballot, kind, standing, changes)

    def _record(self, ballot: Ballot, kind: Kind, standing: Standing, changes: Changes) -> Recorded:
        recorded = Recorded(ballot.story, ballot.key, kind, ballot.choice, ballot.at_ms)
        standing.events[ballot.key] = recorded
        standing.owners[ballot.key] = ballot.reader
        standing.nonces.add(ballot.nonce)
        if ballot.reader not in standing.readers:
            standing.readers[ballot.reader] = Voter()
            changes.readers[ballot.reader] = ballot.at_ms
        changes.stories.add(ballot.story)
        changes.events.append(
            (
                ballot.key,
                ballot.nonce,
                ballot.story,
                ballot.reader,
                ballot.version,
                kind,
                ballot.choice,
                ballot.door,
                ballot.signature is not None,
                ballot.at_ms,
            )
        )
        changes.entries.append((ballot, kind))
        return recorded

    def _write(self, store: Store, standing: Standing, changes: Changes) -> None:
        if changes.readers:
            write_readers(store, changes.readers)
        write_votes(store, changes.votes)
        store.write(
            "INSERT INTO votes_voteevent (id, nonce, story_id, reader_id, version_id, kind, choice, door, is_signed,"
            " at_ms) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            changes.events,
        )
        store.write(
            "INSERT INTO votes_tally (story_id, real, fake, last_vote_at_ms, places, held, has_both_sides, probability)"
            " VALUES (%s, %s, %s, %s, %s, 0, FALSE, NULL) ON CONFLICT"
            " (story_id) DO UPDATE SET real = excluded.real, fake = excluded.fake,"
            " last_vote_at_ms = excluded.last_vote_at_ms, places = excluded.places",
            [
                (story, tally.real, tally.fake, tally.last_vote_at_ms, tally.places_text())
                for story, tally in ((story, standing.tallies[story]) for story in sorted(changes.stories))
            ],
        )
        nonces = draw_nonces(len(changes.entries))
        store.write(
            queue_sql("%s"),
            register_keys(store, [ballot for ballot, _kind in changes.entries])
            + [
                vote_row(ballot, kind=kind, version_sha256=self._hashes[ballot.version], nonces=drawn)
                for (ballot, kind), drawn in zip(changes.entries, nonces, strict=True)
            ],
        )


def _tell_figures(settled: Sequence[Settled], standing: Standing) -> None:
    """Write into every outcome what its story's figures follow from, made once per story."""
    bases: dict[int, Basis] = {}
    for each in settled:
        if isinstance(each, Recorded) and (tally := standing.tallies.get(each.story)) is not None:
            if each.story not in bases:
                bases[each.story] = tally.basis()
            each.basis, each.last_vote_at_ms = bases[each.story], tally.last_vote_at_ms


def kind_of(ballot: Ballot, before: tuple[str, int, str | None, int] | None) -> Kind | None:
    """What a ballot does to the vote that stands; None if it stands like that already."""
    if before is None:
        return None if ballot.choice is None else "vote"
    if ballot.choice is None:
        return "retract"
    return None if before[:2] == (ballot.choice, ballot.version) else "revote"


def refusal_of(ballot: Ballot, standing: Standing) -> VoteRefused | None:
    """Why a ballot may not be counted, as the database sees it inside the transaction."""
    story = standing.stories.get(ballot.story)
    if story is None or not story[0] or ballot.story not in standing.versions:
        return UnknownStory(ballot.story)
    if story[1] is not None and ballot.at_ms >= story[1]:
        return VotingClosed(ballot.story)
    if standing.versions[ballot.story] != ballot.version:
        return StoryChanged(ballot.story)
    if ballot.nonce in standing.nonces:
        return NonceUsed()
    if standing.readers.get(ballot.reader, NOBODY).is_claimed and ballot.door != "account":
        return ReaderClaimed()
    return None


def ask_stories(store: Store, stories: list[int]) -> Reading:
    """Which stories are published, until when they take votes, what they say now and what was counted."""
    rows = store.ask(
        "SELECT p.id, p.live, s.voting_closes_at, v.id, v.number, e.mature_ms, e.has_crowd, t.real, t.fake,"
        " t.last_vote_at_ms, t.places, t.held, t.has_both_sides, t.probability"
        " FROM stories_storypage s JOIN wagtailcore_page p ON p.id = s.page_ptr_id"
        " LEFT JOIN stories_storyversion v ON v.story_id = p.id LEFT JOIN votes_tally t ON t.story_id = p.id"
        " LEFT JOIN votes_electorate e ON e.id = 1 WHERE s.page_ptr_id IN %ints ORDER BY v.number",
        stories,
    )

    def read(standing: Standing) -> None:
        for story, is_live, closes_at, version, number, mature_ms, has_crowd, real, *more in rows():
            standing.stories[story] = (bool(is_live), store.read_moment(closes_at))
            standing.mature_ms = mature_ms
            if version is not None:
                standing.versions[story], standing.numbers[story] = version, number
            if real is None:
                standing.tallies[story] = StoryTally(has_crowd=bool(has_crowd))
            else:
                fake, last_ms, places, held, sides, probability = more
                standing.tallies[story] = StoryTally(
                    real, fake, last_ms, read_places(places), held, bool(sides), probability, bool(has_crowd)
                )

    return read


def ask_readers(store: Store, ballots: Sequence[Ballot | Question]) -> Reading:
    """Which readers exist, and which belong to an account."""
    rows = store.ask(
        "SELECT id, user_id, merged_into_id, level, settled_from_ms, in_lockstep FROM readers_reader"
        " WHERE id IN %uuids",
        list({ballot.reader for ballot in ballots}),
    )

    def read(standing: Standing) -> None:
        for reader, user, merged, level, settled_from_ms, in_lockstep in rows():
            is_claimed = user is not None or merged is not None
            standing.readers[store.text_id(reader)] = Voter(is_claimed, level, settled_from_ms, bool(in_lockstep))

    return read


def look_at_votes(store: Store, ballots: Sequence[Ballot | Question], standing: Standing) -> None:
    """How the readers that exist have voted on these stories."""
    known = [(ballot.story, ballot.reader) for ballot in ballots if ballot.reader in standing.readers]
    if not known:
        return
    for story, reader, choice, version, event, place in store.rows(
        "SELECT story_id, reader_id, choice, version_id, event, place FROM votes_vote"
        " WHERE (story_id, reader_id) IN %pairs",
        known,
    ):
        made_by = None if event is None else store.text_id(event)
        standing.votes[story, store.text_id(reader)] = (choice, version, made_by, place)


def ask_events(store: Store, ballots: Sequence[Ballot]) -> Reading:
    """Which keys and one-time tokens of the group have been used before."""
    rows = store.ask(
        "SELECT id, nonce, story_id, reader_id, kind, choice, at_ms FROM votes_voteevent"
        " WHERE id IN %uuids OR nonce IN %uuids",
        [ballot.key for ballot in ballots],
        [ballot.nonce for ballot in ballots],
    )

    def read(standing: Standing) -> None:
        for event, nonce, story, reader, kind, choice, at_ms in rows():
            event = store.text_id(event)
            standing.events[event] = Recorded(story, event, kind, choice, at_ms)
            standing.owners[event] = store.text_id(reader)
            standing.nonces.add(store.text_id(nonce))

    return read


def write_readers(store: Store, readers: dict[str, int]) -> None:
    """Rows for readers who vote for the first time: nothing but a number and the moment."""
    store.write(
        "INSERT INTO readers_reader (id, user_id, tier, created_at, level, settled_from_ms, in_lockstep,"
        " merged_into_id) VALUES (%s, NULL, 'anonymous', %s, 0, NULL, FALSE, NULL) ON CONFLICT (id) DO NOTHING",
        [(reader, store.moment(at_ms)) for reader, at_ms in readers.items()],
    )


def write_votes(store: Store, votes: dict[tuple[int, str], tuple[Any, ...] | None]) -> None:
    """Put the current votes as they stand after the group, and remove those taken back."""
    standing = [row for row in votes.values() if row is not None]
    if standing:
        store.write(
            "INSERT INTO votes_vote (story_id, reader_id, version_id, choice, cast_at_ms, event, place)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (story_id, reader_id) DO UPDATE SET"
            " version_id = excluded.version_id, choice = excluded.choice, cast_at_ms = excluded.cast_at_ms,"
            " event = excluded.event, place = excluded.place",
            standing,
        )
    gone = [place for place, row in votes.items() if row is None]
    if gone:
        store.write("DELETE FROM votes_vote WHERE story_id = %s AND reader_id = %s", gone)
