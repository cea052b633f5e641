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
Words = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.integer]
Votes = npt.NDArray[np.integer]

NO_DIRECTION, NO_VOTE = 2, 3  # votes that are read but not kept; the second not even for replacing an earlier one
INSIDE_BITS = 22  # bits of a record that a story's number within its shard may take
DIGIT = 10  # bits by which readers are sorted at a time
SHARD = 1 << 14  # votes of a shard, about: what is sorted at a time stays in the cache
MOST_SHARDS = 1 << 11  # so many places to write at stay in the cache
TILE = 1 << 11  # rows whose stories and readers are looked up by short loops, which wait for many places at once
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


class Records(NamedTuple):
    """Votes on their way to their places.

    words   : uint64, shape (n_votes,): reader, story within the shard, tier and vote
    time_ms : int64, shape (n_votes,), of length 0 if there are no times
    """

    words: Words
    time_ms: Places


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

    Shards are few enough for the ends of all of them to stay in the cache.
    """
    shift, free = cut.shift, cut.free
    words, times = records.words, records.time_ms
    stories, readers, votes, moments, tiers = rows.story, rows.reader, rows.vote, rows.time_ms, rows.tier
    has_times, has_tiers = len(times) > 0, len(tiers) > 0
    inside = (np.int64(1) << shift) - 1
    story_of = np.empty(TILE, dtype=np.int32)
    reader_of = np.empty(TILE, dtype=np.int32)
    for low in range(0, len(stories), TILE):
        count = min(TILE, len(stories) - low)
        for i in range(count):
            story_of[i] = story_place[stories[low + i]] if votes[low + i] != NO_VOTE else 0
        for i in range(count):
            reader_of[i] = reader_place[readers[low + i]] if votes[low + i] != NO_VOTE else 0
        for i in range(count):
            if votes[low + i] == NO_VOTE:
                continue
            story = np.int64(story_of[i])
            place = free[story >> shift]
            free[story >> shift] = place + 1
            word = (np.int64(reader_of[i]) << 32) | ((story & inside) << 10) | np.int64(votes[low + i])
            words[place] = np.uint64(word | (np.int64(tiers[low + i]) << 2) if has_tiers else word)
            if has_times:
                times[place] = moments[low + i]


class Desk(NamedTuple):
    """Room to sort one shard on: its records, and two times a word for each of them."""

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
    has_times = len(records.time_ms) > 0
    free = np.empty(min(n_stories, 1 << shift), dtype=np.int64)
    for first in range(0, n_stories, 1 << shift):
        last = min(first + (1 << shift), n_stories)
        low, high = starts[first], starts[last]
        words = records.words[low:high]
        keys = _order_by_reader(words, reader_bits, desk.keys, desk.spare)
        for story in range(first, last):
            free[story - first] = starts[story] - low
        if has_times:
            _order_by_story(words, keys, free, desk.records.words, records.time_ms[low:high], desk.records.time_ms)
        else:
            _order_words_by_story(words, keys, free, desk.records.words)
        found = _copy_back(desk.records.words, words)
        twin = low + found if found >= 0 else twin
    return twin


def _order_by_story(
    words: Words, keys: Words, free: Places, room: Words, times: Places, room_for_times: Places
) -> None:
    """Copy the words and times, in the order of the keys, each to its story's next free place; the times back, too."""
    for i in range(len(words)):
        source = np.int64(keys[i] & _LOW)
        word = words[source]
        story = np.int64(word >> np.uint64(10)) & _INSIDE
        place = free[story]
        room[place] = word
        room_for_times[place] = times[source]
        free[story] = place + 1
    for i in range(len(words)):
        times[i] = room_for_times[i]


def _order_words_by_story(words: Words, keys: Words, free: Places, room: Words) -> None:
    """Copy the words, in the order of the keys, each to its story's next free place."""
    for i in range(len(words)):
        word = words[np.int64(keys[i] & _LOW)]
        story = np.int64(word >> np.uint64(10)) & _INSIDE
        room[free[story]] = word
        free[story] += 1


def _copy_back(room: Words, words: Words) -> int:
    """Copy the room's first words; the place of one that has a twin before it, or −1."""
    twin = np.int64(-1)
    for i in range(len(words)):
        words[i] = room[i]
        if i > 0 and (room[i] ^ room[i - 1]) >> np.uint64(10) == np.uint64(0):
            twin = np.int64(i)
    return twin


def _order_by_reader(words: Words, reader_bits: int, keys: Words, spare: Words) -> Words:
    """Reader and place in the shard of its words, as one number each, sorted digit by digit."""
    count = len(words)
    for i in range(count):
        keys[i] = ((words[i] >> _HALF) << _HALF) | np.uint64(i)
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


@kernel
def unpack_records(starts: Places, words: Words, out: Rows) -> None:
    """Fill all columns but the times from the sorted records' words."""
    has_tiers = len(out.tier) > 0
    for story in range(len(starts) - 1):
        for i in range(starts[story], starts[story + 1]):
            word = words[i]
            out.story[i] = story
            out.reader[i] = np.int64(word >> _HALF)
            out.vote[i] = np.int64(word) & 3
            if has_tiers:
                out.tier[i] = (np.int64(word) >> 2) & 255


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
def shard_votes(key: Keys, other: Keys, place: Codes, vote: Votes, cut: Cut, out: Words) -> None:
    """Write 2³²·key + 2·place[other] + vote of each row to the next free place of its key's shard."""
    shift, free = cut.shift, cut.free
    for i in range(len(key)):
        to = free[key[i] >> shift]
        free[key[i] >> shift] = to + 1
        out[to] = np.uint64((np.int64(key[i]) << 32) | (2 * np.int64(place[other[i]]) + np.int64(vote[i])))


@kernel
def pack_sorted(key: Keys, other: Keys, vote: Votes, out: Packed) -> bool:
    """Write 2·other + vote of each row to `out`; False as soon as the keys turn out not to ascend."""
    for i in range(len(key)):
        if i > 0 and key[i] < key[i - 1]:
            return False
        out[i] = np.uint32(2 * np.int64(other[i]) + np.int64(vote[i]))
    return True


@kernel
def pack_votes(words: Words, free: Places, out: Packed) -> None:
    """Write the lower half of each word to the next free place of its key, the upper half."""
    for i in range(len(words)):
        key = np.int64(words[i] >> np.uint64(32))
        place = free[key]
        free[key] = place + 1
        out[place] = np.uint32(words[i] & np.uint64(0xFFFFFFFF))
