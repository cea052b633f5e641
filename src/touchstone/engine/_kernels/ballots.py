"""Puts votes into their canonical order: by story, then by reader, both in the order of their ids' hashes.

Loops that sort take plain arrays: counting references to arrays inside tuples made them three times slower.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.compile import inlined, kernel

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Packed = npt.NDArray[np.uint32]
Records = npt.NDArray[np.uint64]
Words = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.integer]
Votes = npt.NDArray[np.integer]

NO_DIRECTION, NO_VOTE = 2, 3  # votes that are read but not kept; the second not even for replacing an earlier one
INSIDE_BITS = 22  # bits of a record that a story's number within its shard may take
DIGIT = 10  # bits by which readers are sorted at a time
SHARD = 1 << 14  # votes of a shard, about: what is sorted at a time stays in the cache
MOST_SHARDS = 1 << 11  # so many places to write at stay in the cache
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_INSIDE = (1 << INSIDE_BITS) - 1


class Rows(NamedTuple):
    """Columns of votes, one entry a row; columns that were not given are of length 0."""

    story: Codes
    reader: Codes
    vote: Bytes
    time_ms: Places
    tier: Bytes


class Cut(NamedTuple):
    """A cut of stories or readers into shards of 2^shift neighbours.

    free : int64, shape (n_shards,), where each shard's next record goes
    """

    shift: int
    free: Places


def cut_into_shards(starts: Places) -> Cut:
    """The cut for stories or readers whose votes start there, shape (n + 1,); each shard still empty."""
    count, votes = len(starts) - 1, int(starts[-1])
    shards = max(min(votes // SHARD, MOST_SHARDS), 1 + (count >> INSIDE_BITS))
    shift = (max(count - 1, 0) // shards).bit_length()
    return Cut(shift, starts[: max(count, 1) : 1 << shift].copy())


@kernel
def count_rows(story: Codes, vote: Bytes, counts: Places) -> None:
    """counts[story] grows by each row's vote."""
    for i in range(len(story)):
        if vote[i] != NO_VOTE:
            counts[story[i]] += 1


@kernel
def tally_rows(key: Keys, vote: Votes, counts: Places) -> None:
    """counts[key, vote] grows by one for each row."""
    for i in range(len(key)):
        counts[key[i], vote[i]] += 1


@kernel
def spread_rows(rows: Rows, story_place: Codes, reader_place: Codes, cut: Cut, records: Records) -> None:
    """Write each row's record to its shard's next free place; within a shard they stay in the order given.

    records : uint64, shape (n_votes, 1 or 2): reader, story within the shard, tier and vote in one word, then the time
              if there are times. One record is one line of the cache, and shards are few enough for each one's end to
              stay there.
    """
    shift, free = cut.shift, cut.free
    has_times = records.shape[1] > 1
    has_tiers = len(rows.tier) > 0
    inside = (np.int64(1) << shift) - 1
    for i in range(len(rows.story)):
        if rows.vote[i] == NO_VOTE:
            continue
        story = np.int64(story_place[rows.story[i]])
        place = free[story >> shift]
        free[story >> shift] = place + 1
        tier = np.int64(rows.tier[i]) if has_tiers else np.int64(0)
        reader = np.int64(reader_place[rows.reader[i]])
        records[place, 0] = np.uint64((reader << 32) | ((story & inside) << 10) | (tier << 2) | np.int64(rows.vote[i]))
        if has_times:
            records[place, 1] = np.uint64(rows.time_ms[i])


class Desk(NamedTuple):
    """Room to sort one shard on: records, and two times a word for each of them."""

    records: Records
    keys: Words
    spare: Words


@kernel
def sort_records(starts: Places, shift: int, reader_bits: int, records: Records, desk: Desk) -> int:
    """Sort each shard's records by story, then by reader, stably; reader numbers have so many bits.

    Returns the place of one whose story and reader the place before has too, −1 if there is none.
    """
    twin = np.int64(-1)
    n_stories = len(starts) - 1
    free = np.empty(min(n_stories, 1 << shift), dtype=np.int64)
    for first in range(0, n_stories, 1 << shift):
        last = min(first + (1 << shift), n_stories)
        low, count = starts[first], starts[last] - starts[first]
        keys = _order_by_reader(records, low, count, reader_bits, desk.keys, desk.spare)
        for story in range(first, last):
            free[story - first] = starts[story] - low
        _copy_by_story(records, low, count, keys, free, desk.records)
        found = _copy_back(desk.records, count, records, low)
        twin = found if found >= 0 else twin
    return twin


def _copy_by_story(records: Records, low: int, count: int, keys: Words, free: Places, room: Records) -> None:
    """Copy `count` records from `low` on, in the order of the keys, each to its story's next free place."""
    for i in range(count):
        source = low + np.int64(keys[i] & _LOW)
        story = (np.int64(records[source, 0]) >> 10) & _INSIDE
        _copy_record(records, source, room, free[story])
        free[story] += 1


def _copy_back(room: Records, count: int, records: Records, low: int) -> int:
    """Copy the room's first records to `low`; the place there of one that has a twin before it, or −1."""
    twin = np.int64(-1)
    for i in range(count):
        _copy_record(room, i, records, low + i)
        if i > 0 and (room[i, 0] ^ room[i - 1, 0]) >> np.uint64(10) == np.uint64(0):
            twin = low + i
    return twin


def _order_by_reader(records: Records, low: int, count: int, reader_bits: int, keys: Words, spare: Words) -> Words:
    """Reader and place in the shard of `count` records from `low` on, as one number each, sorted digit by digit."""
    for i in range(count):
        keys[i] = ((records[low + i, 0] >> _HALF) << _HALF) | np.uint64(i)
    free = np.empty(1 << DIGIT, dtype=np.int64)
    for shift in range(32, 32 + reader_bits, DIGIT):
        free[:] = 0
        for i in range(count):
            free[_digit(keys[i], shift)] += 1
        before = np.int64(0)
        for digit in range(1 << DIGIT):
            before += free[digit]
            free[digit] = before - free[digit]
        for i in range(count):
            digit = _digit(keys[i], shift)
            spare[free[digit]] = keys[i]
            free[digit] += 1
        keys, spare = spare, keys
    return keys


@inlined
def _digit(key: np.uint64, shift: int) -> int:
    return np.int64((key >> np.uint64(shift)) & np.uint64((1 << DIGIT) - 1))


@inlined
def _copy_record(source: Records, place: int, target: Records, to: int) -> None:
    target[to, 0] = source[place, 0]
    if source.shape[1] > 1:
        target[to, 1] = source[place, 1]


@kernel
def unpack_records(starts: Places, records: Records, out: Rows) -> None:
    """Fill the columns from the sorted records."""
    for story in range(len(starts) - 1):
        for i in range(starts[story], starts[story + 1]):
            word = np.int64(records[i, 0])
            out.story[i] = story
            out.reader[i] = word >> 32
            out.vote[i] = word & 3
            if len(out.tier) > 0:
                out.tier[i] = (word >> 2) & 255
            if len(out.time_ms) > 0:
                out.time_ms[i] = np.int64(records[i, 1])


@kernel
def keep_last(rows: Rows) -> int:
    """Of rows with the same story and reader, which are neighbours, keep the latest, the lowest of those at one time.

    A latest one without direction is dropped with the rest. The rows kept move up; returns how many there are.
    """
    kept = 0
    i = 0
    while i < len(rows.story):
        best = i
        i = i + 1
        while i < len(rows.story) and rows.story[i] == rows.story[best] and rows.reader[i] == rows.reader[best]:
            if len(rows.time_ms) == 0 or rows.time_ms[i] >= rows.time_ms[best]:
                best = i
            i = i + 1
        if rows.vote[best] != NO_DIRECTION:
            _move_row(rows, best, kept)
            kept = kept + 1
    return kept


@inlined
def _move_row(rows: Rows, source: int, target: int) -> None:
    rows.story[target] = rows.story[source]
    rows.reader[target] = rows.reader[source]
    rows.vote[target] = rows.vote[source]
    if len(rows.time_ms) > 0:
        rows.time_ms[target] = rows.time_ms[source]
    if len(rows.tier) > 0:
        rows.tier[target] = rows.tier[source]


@kernel
def shard_votes(key: Keys, other: Keys, vote: Votes, cut: Cut, out: Words) -> None:
    """Write 2³²·key + 2·other + vote of each row to the next free place of its key's shard."""
    shift, free = cut.shift, cut.free
    for i in range(len(key)):
        place = free[key[i] >> shift]
        free[key[i] >> shift] = place + 1
        out[place] = np.uint64((np.int64(key[i]) << 32) | (2 * np.int64(other[i]) + np.int64(vote[i])))


@kernel
def pack_votes(words: Words, free: Places, out: Packed) -> None:
    """Write the lower half of each word to the next free place of its key, the upper half."""
    for i in range(len(words)):
        key = np.int64(words[i] >> np.uint64(32))
        place = free[key]
        free[key] = place + 1
        out[place] = np.uint32(words[i] & np.uint64(0xFFFFFFFF))
