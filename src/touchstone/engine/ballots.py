"""Ballots: all votes as validated integer columns in one canonical order, whatever order they came in."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels import ballots as kernels
from touchstone.engine._kernels.ballots import Cut, Records, Rows
from touchstone.engine.errors import BadColumn, DuplicateVote
from touchstone.engine.ids import Codes, IdPool, Ids, IdTable

Places = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Duplicates = Literal["refuse", "last"]
Numbering = dict[int, Codes]  # the places in canonical order of each pool's numbers, by the pool's identity


@dataclass(frozen=True, slots=True)
class Ballots:
    """All votes, sorted by story and then by reader, in the order of their ids' hashes (see `IdTable`).

    story, reader : int32, shape (n_votes,), places in story_ids and reader_ids
    vote          : uint8, shape (n_votes,), 1 real, 0 fake
    time_ms       : int64, shape (n_votes,), milliseconds since 1970; all 0 where has_times is False
    tier          : uint8, shape (n_votes,), the reader's tier when voting; 0 where none was given
    story_starts  : int64, shape (n_stories + 1,), where each story's votes start
    Every story and every reader has at least one vote, and no reader votes twice on a story.
    """

    story: Codes
    reader: Codes
    vote: Bytes
    time_ms: Places
    tier: Bytes
    story_starts: Places
    story_ids: IdTable
    reader_ids: IdTable
    has_times: bool

    @property
    def n_votes(self) -> int:
        """How many votes there are."""
        return len(self.vote)

    @property
    def n_stories(self) -> int:
        """How many stories have votes."""
        return len(self.story_ids)

    @property
    def n_readers(self) -> int:
        """How many readers have voted."""
        return len(self.reader_ids)

    def digest(self) -> str:
        """SHA-256, as 64 hex digits, of all ids and columns: the same for the same votes in any order."""
        total = hashlib.sha256(f"ballots {self.n_votes} {self.n_stories} {self.n_readers}\n".encode())
        for table in (self.story_ids, self.reader_ids):
            total.update(table.text.data)
            total.update(table.starts.astype("<i8", copy=False).data)
        total.update(self.story.astype("<i4", copy=False).data)
        total.update(self.reader.astype("<i4", copy=False).data)
        total.update(self.time_ms.astype("<i8", copy=False).data)
        total.update(self.vote.data)
        total.update(self.tier.data)
        return total.hexdigest()

    @classmethod
    def from_columns(
        cls,
        *,
        story: Ids,
        reader: Ids,
        vote: Sequence[int] | npt.NDArray[np.generic],
        time_ms: Sequence[int] | npt.NDArray[np.integer] | None = None,
        tier: Sequence[int] | npt.NDArray[np.integer] | None = None,
        duplicates: Duplicates = "refuse",
    ) -> Ballots:
        """Ballots from columns of one length.

        story, reader  ids: texts or whole numbers; 17 and "17" are the same id
        vote           1 real, 0 fake
        duplicates  refuse a second vote of a reader on a story, or keep the last by time, then by row
        Raises BadColumn, BadId, DuplicateVote.
        """
        stories, readers = IdPool(), IdPool()
        places = stories.add_all(story), readers.add_all(reader)
        return settle_ballots([ReadRows(_rows_of(*places, vote, time_ms, tier), stories, readers)], duplicates)

    @classmethod
    def from_dictionaries(
        cls,
        *,
        story: tuple[Ids, npt.NDArray[np.integer]],
        reader: tuple[Ids, npt.NDArray[np.integer]],
        vote: Sequence[int] | npt.NDArray[np.generic],
        time_ms: Sequence[int] | npt.NDArray[np.integer] | None = None,
        tier: Sequence[int] | npt.NDArray[np.integer] | None = None,
        duplicates: Duplicates = "refuse",
    ) -> Ballots:
        """Like `from_columns`, with story and reader as distinct ids and each row's place among them."""
        stories, readers = IdPool(), IdPool()
        places = stories.add_all(story[0])[story[1]], readers.add_all(reader[0])[reader[1]]
        return settle_ballots([ReadRows(_rows_of(*places, vote, time_ms, tier), stories, readers)], duplicates)


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Rows as they were read, with the pools that number their ids; several may share a pool."""

    rows: Rows
    stories: IdPool
    readers: IdPool


def settle_ballots(parts: list[ReadRows], duplicates: Duplicates = "refuse") -> Ballots:
    """Ballots from rows read in parts, in the order of the input. Raises DuplicateVote, BadColumn without any vote.

    Empties the parts' pools, and `parts` as soon as nothing more can be wrong with them: both weigh much.
    """
    story_ids, story_places = _settle_pools([part.stories for part in parts])
    reader_ids, reader_places = _settle_pools([part.readers for part in parts])
    starts = _starts_of_stories(parts, story_places, len(story_ids))
    if starts[-1] == 0:
        raise BadColumn("vote", "there is no vote")
    cut = kernels.cut_into_shards(starts)
    records = _spread_parts(parts, (story_places, reader_places), cut, int(starts[-1]))
    twin = _sort_records(starts, cut.shift, len(reader_ids), records)
    if duplicates == "refuse" and twin >= 0:
        story, reader = int(np.searchsorted(starts, twin, side="right")) - 1, int(records.words[twin]) >> 32
        first, second, *_ = _rows_with(parts, (story_places, reader_places), story, reader)
        raise DuplicateVote(story_ids[story], reader_ids[reader], (first, second))
    has_tiers = len(parts[0].rows.tier) > 0
    parts.clear()
    rows = _unpack(starts, records, has_tiers=has_tiers)
    del records
    if duplicates == "refuse":
        return _finish(rows, starts, story_ids, reader_ids)
    kept = kernels.keep_last(rows)
    return _without_voteless(_first_rows(rows, kept), story_ids, reader_ids)


def _spread_parts(parts: list[ReadRows], places: tuple[Numbering, Numbering], cut: Cut, votes: int) -> Records:
    """All rows' records in their shards."""
    records = Records(np.empty(votes, dtype=np.uint64), np.empty(votes if len(parts[0].rows.time_ms) else 0, np.int64))
    for part in parts:
        kernels.spread_rows(part.rows, places[0][id(part.stories)], places[1][id(part.readers)], cut, records)
    return records


def _rows_with(parts: list[ReadRows], places: tuple[Numbering, Numbering], story: int, reader: int) -> list[int]:
    """The rows, counted over all parts, of this reader's votes on this story."""
    found: list[int] = []
    before = 0
    for part in parts:
        of_story = np.append(places[0][id(part.stories)], -1)[part.rows.story] == story
        of_reader = np.append(places[1][id(part.readers)], -1)[part.rows.reader] == reader
        found += (before + np.flatnonzero(of_story & of_reader & (part.rows.vote != kernels.NO_VOTE))).tolist()
        before += len(part.rows.vote)
    return found


def _starts_of_stories(parts: list[ReadRows], places: Numbering, n_stories: int) -> Places:
    """Where each story's votes start: int64, shape (n_stories + 1,)."""
    counts = {name: np.zeros(len(place), dtype=np.int64) for name, place in places.items()}
    for part in parts:
        kernels.count_rows(part.rows.story, part.rows.vote, counts[id(part.stories)])
    starts = np.zeros(n_stories + 1, dtype=np.int64)
    for name, place in places.items():
        starts[1 + place] += counts[name]
    return np.cumsum(starts)


def _sort_records(starts: Places, shift: int, n_readers: int, records: Records) -> int:
    """Sort the records, which lie in their shards; a place whose vote has a twin before it, or −1."""
    most = int(np.diff(np.append(starts[: -1 : 1 << shift], starts[-1])).max())
    words = np.empty((3, most), dtype=np.uint64)
    times = np.empty(most if len(records.time_ms) else 0, dtype=np.int64)
    desk = kernels.Desk(Records(words[0], times), words[1], words[2])
    return kernels.sort_records(starts, shift, (n_readers - 1).bit_length(), records, desk)


def _unpack(starts: Places, records: Records, *, has_tiers: bool) -> Rows:
    """The sorted records as columns; their times stay where they are."""
    votes = len(records.words)
    rows = Rows(
        story=np.empty(votes, dtype=np.int32),
        reader=np.empty(votes, dtype=np.int32),
        vote=np.empty(votes, dtype=np.uint8),
        time_ms=records.time_ms,
        tier=np.empty(votes if has_tiers else 0, dtype=np.uint8),
    )
    kernels.unpack_records(starts, records.words, rows)
    return rows


def _settle_pools(pools: Sequence[IdPool]) -> tuple[IdTable, Numbering]:
    """The ids of all pools, which are emptied, in canonical order, and the places there of each pool's numbers."""
    distinct = {id(pool): pool for pool in pools}
    first, *others = distinct.values()
    known = {}
    for pool in others:
        known[id(pool)] = first.add_pool(pool)
        pool.clear()
    table, place = first.settle()
    first.clear()
    return table, {id(first): place} | {name: place[numbers] for name, numbers in known.items()}


def _without_voteless(rows: Rows, story_ids: IdTable, reader_ids: IdTable) -> Ballots:
    """Ballots after rows were dropped: stories and readers left without a vote go too."""
    if len(rows.vote) == 0:
        raise BadColumn("vote", "not one vote says real or fake")
    story_votes = np.bincount(rows.story, minlength=len(story_ids))
    reader_votes = np.bincount(rows.reader, minlength=len(reader_ids))
    story_place = (np.cumsum(story_votes > 0) - 1).astype(np.int32)
    reader_place = (np.cumsum(reader_votes > 0) - 1).astype(np.int32)
    return _finish(
        rows._replace(story=story_place[rows.story], reader=reader_place[rows.reader]),
        np.concatenate([[0], np.cumsum(story_votes[story_votes > 0])]),
        story_ids.subset(story_votes > 0),
        reader_ids.subset(reader_votes > 0),
    )


def _finish(rows: Rows, starts: Places, story_ids: IdTable, reader_ids: IdTable) -> Ballots:
    votes = len(rows.vote)
    return Ballots(
        story=rows.story,
        reader=rows.reader,
        vote=rows.vote,
        time_ms=rows.time_ms if len(rows.time_ms) else np.zeros(votes, dtype=np.int64),
        tier=rows.tier if len(rows.tier) else np.zeros(votes, dtype=np.uint8),
        story_starts=starts,
        story_ids=story_ids,
        reader_ids=reader_ids,
        has_times=len(rows.time_ms) > 0,
    )


def _first_rows(rows: Rows, count: int) -> Rows:
    return Rows(
        story=rows.story[:count].copy(),
        reader=rows.reader[:count].copy(),
        vote=rows.vote[:count].copy(),
        time_ms=rows.time_ms[:count].copy(),
        tier=rows.tier[:count].copy(),
    )


def _whole_numbers(
    name: str, values: Sequence[int] | npt.NDArray[np.generic], *, least: int = 0, most: int = 1 << 62
) -> Places:
    column = np.asarray(values)
    if column.ndim != 1 or (column.size and column.dtype.kind not in "biuf"):
        raise BadColumn(name, f"must be a column of numbers, got {column.dtype} of shape {column.shape}")
    with np.errstate(invalid="ignore"):
        whole = column.astype(np.int64)
    wrong = np.flatnonzero((whole != column) | (whole < least) | (whole > most))
    if len(wrong):
        bounds = f"{least} to {most}" if most < 1 << 62 else "a whole number"
        raise BadColumn(name, f"is {column[wrong[0]]}, must be {bounds}", row=int(wrong[0]))
    return whole


def _rows_of(
    story: Codes,
    reader: Codes,
    vote: Sequence[int] | npt.NDArray[np.generic],
    time_ms: Sequence[int] | npt.NDArray[np.integer] | None,
    tier: Sequence[int] | npt.NDArray[np.integer] | None,
) -> Rows:
    rows = Rows(
        story=story,
        reader=reader,
        vote=_whole_numbers("vote", vote, most=1).astype(np.uint8),
        time_ms=_whole_numbers("time_ms", time_ms if time_ms is not None else [], least=-(1 << 62)),
        tier=_whole_numbers("tier", tier if tier is not None else [], most=255).astype(np.uint8),
    )
    _check_lengths(rows, has_times=time_ms is not None, has_tiers=tier is not None)
    return rows


def _check_lengths(rows: Rows, *, has_times: bool, has_tiers: bool) -> None:
    wanted = [("reader", len(rows.reader), True), ("vote", len(rows.vote), True)]
    wanted += [("time_ms", len(rows.time_ms), has_times), ("tier", len(rows.tier), has_tiers)]
    for name, length, is_given in wanted:
        if is_given and length != len(rows.story):
            raise BadColumn(name, f"has {length} rows, but story has {len(rows.story)}")
