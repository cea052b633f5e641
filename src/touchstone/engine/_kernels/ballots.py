"""Puts votes into their canonical order: by story, then by reader, both in the order of their ids' hashes."""

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

NO_DIRECTION, NO_VOTE = 2, 3  # votes that are read but not kept; the second not even for replacing an earlier one
FEW = 24  # up to so many votes a story are sorted by insertion


class Rows(NamedTuple):
    """Columns of votes, one entry a row; columns that were not given are of length 0."""

    story: Codes
    reader: Codes
    vote: Bytes
    time_ms: Places
    tier: Bytes


@kernel
def count_votes(story: Codes, vote: Bytes, place: Codes, counts: Places) -> None:
    """counts[place[story]] grows by each row's vote."""
    for i in range(len(story)):
        if vote[i] != NO_VOTE:
            counts[place[story[i]]] += 1


@kernel
def spread_rows(rows: Rows, story_place: Codes, reader_place: Codes, free: Places, records: Records) -> None:
    """Write each row's record to its story's next free place; within a story they stay in the order given.

    records : uint64, shape (n_votes, 1 or 2): reader, tier and vote in one word, then the time if there are times. One
              record is one line of the cache; columns written apart took three times as long.
    """
    has_times = records.shape[1] > 1
    has_tiers = len(rows.tier) > 0
    for i in range(len(rows.story)):
        if rows.vote[i] == NO_VOTE:
            continue
        story = story_place[rows.story[i]]
        place = free[story]
        free[story] = place + 1
        tier = np.int64(rows.tier[i]) if has_tiers else np.int64(0)
        reader = np.int64(reader_place[rows.reader[i]])
        records[place, 0] = np.uint64((reader << 16) | (tier << 8) | np.int64(rows.vote[i]))
        if has_times:
            records[place, 1] = np.uint64(rows.time_ms[i])


@kernel
def sort_stories(starts: Places, records: Records, keys: Places, out: Rows) -> int:
    """Fill the columns with each story's records sorted by reader, stably.

    Returns a row whose reader the row before has too, −1 if there is none. keys : room for the most rows of one story
    """
    twin = np.int64(-1)
    for story in range(len(starts) - 1):
        start = starts[story]
        count = starts[story + 1] - start
        if not _make_keys(records, start, count, keys):
            _sort_keys(keys, count)
        out.story[start : start + count] = story
        _write_words(records, start, count, keys, out.reader, out.vote)
        if len(out.tier) > 0:
            _write_tiers(records, start, count, keys, out.tier)
        if len(out.time_ms) > 0:
            _write_times(records, start, count, keys, out.time_ms)
        for i in range(1, count):
            if keys[i] >> 32 == keys[i - 1] >> 32:
                twin = start + i
    return twin


def _write_words(records: Records, start: int, count: int, keys: Places, reader: Codes, vote: Bytes) -> None:
    for i in range(count):
        word = np.int64(records[start + (keys[i] & 0xFFFFFFFF), 0])
        reader[start + i] = word >> 16
        vote[start + i] = word & 255


def _write_tiers(records: Records, start: int, count: int, keys: Places, tier: Bytes) -> None:
    for i in range(count):
        tier[start + i] = (np.int64(records[start + (keys[i] & 0xFFFFFFFF), 0]) >> 8) & 255


def _write_times(records: Records, start: int, count: int, keys: Places, time_ms: Places) -> None:
    for i in range(count):
        time_ms[start + i] = np.int64(records[start + (keys[i] & 0xFFFFFFFF), 1])


@inlined
def _make_keys(records: Records, start: int, count: int, keys: Places) -> bool:
    """Reader number and place in the story as one number; whether they are in order already."""
    is_sorted = True
    for i in range(count):
        keys[i] = (np.int64(records[start + i, 0] >> np.uint64(16)) << 32) | i
        if i > 0 and keys[i] < keys[i - 1]:
            is_sorted = False
    return is_sorted


@inlined
def _sort_keys(keys: Places, count: int) -> None:
    if count > FEW:
        keys[:count].sort()
        return
    for i in range(1, count):
        key = keys[i]
        j = i
        while j > 0 and keys[j - 1] > key:
            keys[j] = keys[j - 1]
            j = j - 1
        keys[j] = key


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
def pack_votes(key: Codes, other: Codes, vote: Bytes, free: Places, out: Packed) -> None:
    """Write 2·other + vote of each row to its key's next free place."""
    for i in range(len(key)):
        place = free[key[i]]
        free[key[i]] = place + 1
        out[place] = np.uint32(2 * np.int64(other[i]) + np.int64(vote[i]))
