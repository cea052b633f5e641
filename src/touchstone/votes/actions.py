"""Writes votes that do not come through the edge: by form, from accounts, from the past, and their erasure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from touchstone.ledger.actions import erase_subject, queue_sql, scrub_erased, votes_held_still
from touchstone.readers.actions import delete_reader, give_to_account, mark_merged
from touchstone.readers.models import Reader, User, new_id
from touchstone.readers.queries import anonymous_reader, reader_of
from touchstone.stories.models import StoryPage, StoryVersion
from touchstone.votes.ballots import Ballot, Choice, Door, Kind, Recorded
from touchstone.votes.booth.counting import Counter
from touchstone.votes.booth.house import this_house
from touchstone.votes.booth.opening import store_over
from touchstone.votes.booth.tallies import gather_places, places_text
from touchstone.votes.entries import draw_nonces, site_pseudonym, vote_row
from touchstone.votes.errors import NotADemoStory, UnknownStory, VoteRefused
from touchstone.votes.models import Electorate, Tally, Vote, VoteEvent

COUNTED_WITHIN_S = 30
LARGEST_CHUNK = 2000
PastVote = tuple[int, UUID, str, datetime]


def cast_vote(
    *, reader: UUID, story: int, choice: Choice | None, at: datetime, door: Door = "form", key: UUID | None = None
) -> Recorded:
    """Cast, change or (None) take back a vote on the story's newest version; returns once it is durable.

    key : the same key again changes nothing and gives the same answer
    Inside a transaction of the caller's the vote is counted in that transaction, else by the booth.
    Raises a VoteRefused.
    """
    version = StoryVersion.objects.filter(story_id=story).order_by("-number").values_list("pk", flat=True).first()
    if version is None:
        raise UnknownStory(story)
    ballot = Ballot(
        key=(key or new_id()).hex,
        nonce=new_id().hex,
        reader=reader.hex,
        story=story,
        version=version,
        choice=choice,
        at_ms=int(at.timestamp() * 1000),
        door=door,
    )
    return count_ballot(ballot)


def count_ballot(ballot: Ballot) -> Recorded:
    """Have one ballot counted, by the booth or in the caller's transaction. Raises a VoteRefused."""
    if not connection.in_atomic_block:
        return this_house().booth.cast(ballot).result(COUNTED_WITHIN_S)
    settled = Counter().count(store_over(connection), [ballot])[0]
    if isinstance(settled, VoteRefused):
        raise settled
    return settled


@transaction.atomic
def record_past_votes(votes: Iterable[PastVote]) -> int:
    """Write votes of the past on demo stories, with history, tallies and ledger entries; how many were new.

    votes : (story id, reader id, "real" or "fake", when); readers are made where there are none
    A reader's vote on a story that has one already is left out. Raises NotADemoStory or UnknownStory.
    """
    rows = sorted(votes, key=lambda row: row[3])
    versions = _versions_of({row[0] for row in rows})
    known = set(Vote.objects.filter(story_id__in=versions).values_list("story_id", "reader_id"))
    fresh = [row for row in {(row[0], row[1]): row for row in reversed(rows)}.values() if row[:2] not in known]
    _make_readers(fresh)
    ballots = [_past_ballot(row, versions[row[0]]) for row in sorted(fresh, key=lambda row: row[3])]
    _write_past(ballots, {version.pk: version.sha256 for each in versions.values() for version in each})
    for story in versions:
        recount(story)
    return len(ballots)


def recount(story: int) -> None:
    """Bring a story's tally in line with its votes."""
    rows = Vote.objects.filter(story_id=story).order_by().values_list("place", "choice").annotate(n=Count("pk"))
    places = gather_places(rows)
    fake, real = (sum(votes[side] for votes in places.values()) for side in (0, 1))
    last = VoteEvent.objects.filter(story_id=story).order_by("-at_ms").values_list("at_ms", flat=True).first()
    counts = {"real": real, "fake": fake, "last_vote_at_ms": last, "places": places_text(places)}
    Tally.objects.update_or_create(story_id=story, defaults=counts)


class VoteFinding(NamedTuple):
    """What a full fit found out about one vote: its row, when it was cast, its place, and its grade if it has one."""

    row: int
    cast_at_ms: int
    place: int
    chance: float | None
    was_right: bool | None


@dataclass(frozen=True, slots=True)
class StoryFinding:
    """What a full fit found out about one story.

    votes : those about which something is new
    """

    votes: Sequence[VoteFinding]
    has_both_sides: bool
    probability: float | None


def place_votes(findings: Mapping[int, StoryFinding]) -> int:
    """Write down by story what a full fit found out, in short transactions between votes; how many votes it was about.

    A vote that was cast anew since the fit read it stays where the booth put it. Call it outside transactions.
    """
    chunk: dict[int, StoryFinding] = {}
    for story, finding in findings.items():
        chunk[story] = finding
        if sum(1 + len(each.votes) for each in chunk.values()) >= LARGEST_CHUNK:
            _place_chunk(chunk)
            chunk = {}
    _place_chunk(chunk)
    return sum(len(finding.votes) for finding in findings.values())


def _place_chunk(findings: Mapping[int, StoryFinding]) -> None:
    changed = [
        (vote.place, vote.chance, vote.was_right, vote.row, vote.cast_at_ms)
        for each in findings.values()
        for vote in each.votes
    ]
    with votes_held_still():
        if changed:
            with connection.cursor() as cursor:
                cursor.executemany(
                    "UPDATE votes_vote SET place = %s, chance = %s, was_right = %s WHERE id = %s AND cast_at_ms = %s",
                    changed,
                )
        rows = Vote.objects.filter(story_id__in=[story for story, each in findings.items() if each.votes])
        counted: dict[int, list[tuple[int, str, int]]] = {}
        for story, *row in rows.order_by().values_list("story_id", "place", "choice").annotate(n=Count("pk")):
            counted.setdefault(story, []).append((row[0], row[1], row[2]))
        tallies = list(Tally.objects.filter(story_id__in=list(findings)))
        for tally in tallies:
            finding = findings[tally.story_id]
            tally.has_both_sides, tally.probability = finding.has_both_sides, finding.probability
            if tally.story_id in counted:
                tally.places = places_text(gather_places(counted[tally.story_id]))
        Tally.objects.bulk_update(tallies, ["places", "has_both_sides", "probability"])


def hold_sides(sides: Mapping[int, int]) -> None:
    """Note by story which side its label has just been published with: 1 real, −1 fake, 0 none."""
    for side in set(sides.values()):
        Tally.objects.filter(story_id__in=[story for story, held in sides.items() if held == side]).update(held=side)


def set_electorate(*, mature_ms: int | None, has_crowd: bool) -> bool:
    """Write down what a full fit found out about the readers as a whole; whether that is new."""
    now = Electorate.objects.filter(pk=Electorate.ONLY).first()
    if now is not None and (now.mature_ms, now.has_crowd) == (mature_ms, has_crowd):
        return False
    Electorate.objects.update_or_create(pk=Electorate.ONLY, defaults={"mature_ms": mature_ms, "has_crowd": has_crowd})
    return now is None or now.has_crowd != has_crowd


def claim_reader(*, user: User, key: UUID, at: datetime) -> Reader | None:
    """Give an anonymous key's votes to an account; the account's reader, None if neither ever voted.

    An account without a reader takes over the key's reader as it is. Otherwise each of the key's votes moves over;
    where both voted on a story, the account's own vote stands and the key's is taken back.
    """
    with votes_held_still():
        anonymous, own = anonymous_reader(key), reader_of(user)
        if anonymous is None:
            return own
        if own is None:
            give_to_account(anonymous, user)
            return anonymous
        _move_votes(anonymous, own, at_ms=int(at.timestamp() * 1000))
        mark_merged(anonymous, into=own)
        return own


def erase_reader(reader: Reader, *, at: datetime) -> int:
    """Delete a reader, their account, votes, history and what the ledger knows of them; how many openings went.

    Proofs stay valid: the ledger records what the erasure took from each story. Call it outside transactions.
    """
    with votes_held_still():
        gone = 0
        for each in [*Reader.objects.filter(merged_into=reader), reader]:
            gone += _erase_votes(each, at)
        delete_reader(reader)
    scrub_erased()
    return gone


def _versions_of(stories: set[int]) -> dict[int, Sequence[StoryVersion]]:
    demo = dict(StoryPage.objects.filter(pk__in=stories).values_list("pk", "is_demo"))
    for story in sorted(stories):
        if story not in demo:
            raise UnknownStory(story)
        if not demo[story]:
            raise NotADemoStory(story)
    found: dict[int, list[StoryVersion]] = {story: [] for story in stories}
    for version in StoryVersion.objects.filter(story_id__in=stories).defer("text").order_by("number"):
        found[version.story_id].append(version)
    for story, versions in found.items():
        if not versions:
            raise UnknownStory(story)
    return dict(found)


def _make_readers(rows: Iterable[PastVote]) -> None:
    first: dict[UUID, datetime] = {}
    for _story, reader, _choice, at in rows:
        first[reader] = min(first.get(reader, at), at)
    Reader.objects.bulk_create(
        [Reader(id=reader, created_at=at) for reader, at in first.items()], ignore_conflicts=True
    )


def _past_ballot(row: PastVote, versions: Sequence[StoryVersion]) -> Ballot:
    story, reader, choice, at = row
    version = next((each for each in reversed(versions) if each.published_at <= at), versions[0])
    return Ballot(
        key=new_id().hex,
        nonce=new_id().hex,
        reader=reader.hex,
        story=story,
        version=version.pk,
        choice="real" if choice == "real" else "fake",
        at_ms=int(at.timestamp() * 1000),
        door="form",
    )


def _write_past(ballots: Sequence[Ballot], hashes: dict[int, str]) -> None:
    VoteEvent.objects.bulk_create(_event(ballot, "vote", VoteEvent.Door.PAST) for ballot in ballots)
    Vote.objects.bulk_create(
        Vote(
            story_id=ballot.story,
            reader_id=UUID(ballot.reader),
            version_id=ballot.version,
            choice=ballot.choice or "",
            cast_at_ms=ballot.at_ms,
            event=UUID(ballot.key),
        )
        for ballot in ballots
    )
    _queue([(ballot, "vote", hashes[ballot.version]) for ballot in ballots])


def _event(ballot: Ballot, kind: Kind, door: str) -> VoteEvent:
    return VoteEvent(
        id=UUID(ballot.key),
        nonce=UUID(ballot.nonce),
        story_id=ballot.story,
        reader_id=UUID(ballot.reader),
        version_id=ballot.version,
        kind=kind,
        choice=ballot.choice,
        door=door,
        at_ms=ballot.at_ms,
    )


def _queue(entries: Sequence[tuple[Ballot, Kind, str]]) -> None:
    rows: list[Any] = [
        vote_row(ballot, kind=kind, version_sha256=sha256, nonces=nonces)
        for (ballot, kind, sha256), nonces in zip(entries, draw_nonces(len(entries)), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(queue_sql("%s"), rows)


def _move_votes(source: Reader, target: Reader, *, at_ms: int) -> None:
    kept = set(Vote.objects.filter(reader=target).values_list("story_id", flat=True))
    moving = list(Vote.objects.filter(reader=source).select_related("version"))
    for vote in moving:
        _log(_moved_ballot(vote, source, None, at_ms), "retract", vote.version.sha256)
        if vote.story_id in kept:
            vote.delete()
            continue
        ballot = _moved_ballot(vote, target, "real" if vote.choice == "real" else "fake", at_ms)
        _log(ballot, "vote", vote.version.sha256)
        vote.reader, vote.event = target, UUID(ballot.key)
        vote.save(update_fields=["reader", "event"])
    for story in {vote.story_id for vote in moving} & kept:
        recount(story)


def _moved_ballot(vote: Vote, reader: Reader, choice: Choice | None, at_ms: int) -> Ballot:
    return Ballot(
        key=new_id().hex,
        nonce=new_id().hex,
        reader=reader.pk.hex,
        story=vote.story_id,
        version=vote.version_id,
        choice=choice,
        at_ms=at_ms,
        door="account",
    )


def _log(ballot: Ballot, kind: Kind, version_sha256: str) -> None:
    _event(ballot, kind, VoteEvent.Door.ACCOUNT).save(force_insert=True)
    _queue([(ballot, kind, version_sha256)])


def _erase_votes(reader: Reader, at: datetime) -> int:
    touched = sorted(set(VoteEvent.objects.filter(reader=reader).values_list("story_id", flat=True)))
    standing = dict(Vote.objects.filter(reader=reader).values_list("story_id", "choice"))
    rows = [
        {
            "story": story,
            "readers": 1,
            "real": int(standing.get(story) == "real"),
            "fake": int(standing.get(story) == "fake"),
        }
        for story in touched
    ]
    Vote.objects.filter(reader=reader).delete()
    VoteEvent.objects.filter(reader=reader).delete()
    for story in touched:
        recount(story)
    return erase_subject(subject=site_pseudonym(reader.pk.hex), stories=rows, at=at)
