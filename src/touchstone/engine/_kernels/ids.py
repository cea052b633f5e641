"""Turns ids, which are UTF-8 texts of any length, into numbers by one hash table per column."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.bits import word_at
from touchstone.engine._kernels.compile import inlined, kernel

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Cells = npt.NDArray[np.int32]

PAD = 8  # bytes that must follow the last id in a buffer, as ids are read in words
N_IDS, N_BYTES = 0, 1  # places in Pool.used
LONGEST_ID = 4096

_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_LENGTH = np.uint64(0x9E3779B97F4A7C15)
_EIGHT = np.uint64(8)
_NONE = np.uint64(0)
_LOW = np.uint64(0xFFFFFFFF)
_THIRTY_TWO = np.uint64(32)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZEROS = np.uint64(0x3030303030303030)
_OVER_NINE = np.uint64(0x7676767676767676)
_HIGH_BITS = np.uint64(0x8080808080808080)


class Pool(NamedTuple):
    """A hash table of ids: open addressing, at most half full.

    slots  : uint64, shape (power of two, 2), an id's hash and what `_mark` makes of it; 0, 0 where there is none
    hashes : uint64, shape (room for ids,)
    starts : int64, shape (room for ids + 1,), where each id's text starts
    text   : uint8, shape (room for bytes,)
    used   : int64, shape (2,), how many ids and how many bytes there are
    of_number : int32, shape (4 · room for ids,), 1 + the number of the id that spells this number, 0 if there is none
                yet. Most sites number their stories and readers: looking them up here needs no hash
    """

    slots: Words
    hashes: Words
    starts: Places
    text: Bytes
    used: Places
    of_number: Codes


@inlined
def mix(word: np.uint64) -> np.uint64:
    """A one-to-one scrambling of 64 bits. Source: Stafford's mix 13, the finaliser of SplitMix64."""
    word = (word ^ (word >> np.uint64(30))) * _MIX_A
    word = (word ^ (word >> np.uint64(27))) * _MIX_B
    return word ^ (word >> np.uint64(31))


@inlined
def _last_word(buffer: Bytes, place: int, count: int) -> np.uint64:
    """The 1 to 8 bytes from `place` on, padded with zeros to a word."""
    return word_at(buffer, place) & (_ALL >> (_EIGHT * (_EIGHT - np.uint64(count))))


@inlined
def hash_text(buffer: Bytes, start: int, stop: int) -> np.uint64:
    """64-bit hash of buffer[start:stop]: its length scrambled, then each little-endian word mixed in."""
    total = mix(np.uint64(stop - start) * _LENGTH)
    while stop - start > 8:
        total = mix(total ^ word_at(buffer, start))
        start = start + 8
    if stop > start:
        total = mix(total ^ _last_word(buffer, start, stop - start))
    return total


@inlined
def same_text(one: Bytes, start: int, stop: int, other: Bytes, other_start: int) -> bool:
    """Whether buffer one[start:stop] equals other from other_start on, over the same length."""
    while stop - start > 8:
        if word_at(one, start) != word_at(other, other_start):
            return False
        start = start + 8
        other_start = other_start + 8
    if stop == start:
        return True
    return _last_word(one, start, stop - start) == _last_word(other, other_start, stop - start)


def has_room(pool: Pool) -> bool:
    """Whether one more id of any length fits."""
    ids = pool.used[N_IDS]
    return (
        2 * (ids + 1) <= len(pool.slots)
        and ids < len(pool.hashes)
        and pool.used[N_BYTES] + LONGEST_ID + PAD <= len(pool.text)
    )


@inlined
def _mark(number: int, length: int) -> np.uint64:
    """An id's length and its number + 1."""
    return (np.uint64(length) << _THIRTY_TWO) | np.uint64(number + 1)


@inlined
def eight_digits(word: np.uint64) -> int:
    """The number that eight ASCII digits spell, the first one in the lowest byte; −1 if there is anything else."""
    digits = word ^ _ZEROS
    is_other = ((digits + _OVER_NINE) | digits) & _HIGH_BITS
    pairs = (digits * np.uint64(2561)) >> _EIGHT
    fours = ((pairs & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
    value = ((fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> _THIRTY_TWO
    return np.int64(value) if is_other == _NONE else np.int64(-1)


@inlined
def plain_number(buffer: Bytes, start: int, stop: int) -> int:
    """The number that buffer[start:stop] spells in 1 to 7 digits without leading zeros, −1 if it is anything else."""
    length = stop - start
    if length < 1 or length > 7 or (length > 1 and buffer[start] == 48):
        return np.int64(-1)
    rest = np.uint64(8 * length)
    return eight_digits((word_at(buffer, start) << (np.uint64(64) - rest)) | (_ZEROS >> rest))


@kernel
def look_up_cells(buffer: Bytes, cells: Cells, column: int, of_number: Codes, out: Codes, unknown: Cells) -> int:
    """out[row] = the number of the id cells[column, row] if it is a small number known to `of_number`; else −1.

    Lists the other rows in `unknown` and returns how many they are. The loop that looks up is so short that the
    processor can wait for many places of a large table at once.
    """
    for row in range(len(out)):
        out[row] = plain_number(buffer, np.int64(cells[column, row, 0]), np.int64(cells[column, row, 1]))
    for row in range(len(out)):
        out[row] = of_number[out[row]] - 1 if 0 <= out[row] < len(of_number) else -1
    count = 0
    for row in range(len(out)):
        unknown[count] = row
        count += out[row] < 0
    return count


def hash_cells(buffer: Bytes, cells: Cells, column: int, rows: Cells, keys: Words) -> None:
    """keys[row] = the hash of the text cells[column, row] of these rows; a start below 0 is passed over."""
    for row in rows:
        start = np.int64(cells[column, row, 0])
        if start >= 0:
            keys[row] = hash_text(buffer, start, np.int64(cells[column, row, 1]))


def probe_cells(slots: Words, cells: Cells, column: int, rows: Cells, keys: Words, out: Codes) -> None:
    """Where out[row] is −1: the number of the id whose hash and length are the row's, if it is in its first slot.

    An id of up to 8 bytes is known by its hash and length, as `mix` is one-to-one; longer ones are yet to be compared.
    So short a loop lets the processor wait for many slots at once.
    """
    mask = np.uint64(len(slots) - 1)
    for row in rows:
        if out[row] >= 0:
            continue
        slot = np.int64(keys[row] & mask)
        mark = slots[slot, 1]
        length = np.int64(cells[column, row, 1]) - np.int64(cells[column, row, 0])
        is_same = slots[slot, 0] == keys[row] and np.int64(mark >> _THIRTY_TWO) == length
        out[row] = np.int64(mark & _LOW) - 1 if is_same else -1


@inlined
def find_id(slots: Words, starts: Places, text: Bytes, buffer: Bytes, start: int, stop: int, key: np.uint64) -> int:
    """The number of the id buffer[start:stop], whose hash is `key`; −1 if it is not in the pool of these parts."""
    mask = len(slots) - 1
    slot = np.int64(key & np.uint64(mask))
    while slots[slot, 1] != _NONE:
        mark = slots[slot, 1]
        number = np.int64(mark & _LOW) - 1
        if (
            slots[slot, 0] == key
            and np.int64(mark >> _THIRTY_TWO) == stop - start
            and (stop - start <= 8 or same_text(buffer, start, stop, text, starts[number]))
        ):
            return number
        slot = (slot + 1) & mask
    return -1


def add_id(pool: Pool, buffer: Bytes, start: int, stop: int, key: np.uint64) -> int:
    """Put the id buffer[start:stop], whose hash is `key`, into the pool, which must have room; returns its number."""
    mask = len(pool.slots) - 1
    slot = np.int64(key & np.uint64(mask))
    while pool.slots[slot, 1] != _NONE:
        slot = (slot + 1) & mask
    number = pool.used[N_IDS]
    begins = pool.used[N_BYTES]
    for i in range(stop - start):
        pool.text[begins + i] = buffer[start + i]
    pool.slots[slot, 0] = key
    pool.slots[slot, 1] = _mark(number, stop - start)
    pool.hashes[number] = key
    pool.starts[number + 1] = begins + stop - start
    pool.used[N_IDS] = number + 1
    pool.used[N_BYTES] = begins + stop - start
    return number


@kernel
def fill_slots(pool: Pool) -> None:
    """Enter all ids into the empty slots anew, after the pool has grown."""
    mask = len(pool.slots) - 1
    for number in range(pool.used[N_IDS]):
        slot = np.int64(pool.hashes[number] & np.uint64(mask))
        while pool.slots[slot, 1] != _NONE:
            slot = (slot + 1) & mask
        pool.slots[slot, 0] = pool.hashes[number]
        pool.slots[slot, 1] = _mark(number, pool.starts[number + 1] - pool.starts[number])


@kernel
def add_separated(pool: Pool, buffer: Bytes, start: int, end: int, out: Codes, done: int) -> tuple[int, int]:
    """Number the ids in buffer[start:end], each ended by a zero byte; stops when the pool is full.

    Returns where it stopped in the buffer and how many of `out` are filled.
    """
    slots, starts, text = pool.slots, pool.starts, pool.text
    while start < end:
        stop = start
        while buffer[stop] != 0:
            stop = stop + 1
        key = hash_text(buffer, start, stop)
        number = find_id(slots, starts, text, buffer, start, stop, key)
        if number < 0:
            if stop - start > LONGEST_ID or not has_room(pool):
                break
            number = add_id(pool, buffer, start, stop, key)
        out[done] = number
        done = done + 1
        start = stop + 1
    return start, done


def is_utf8(buffer: Bytes, start: int, stop: int) -> bool:
    """Whether buffer[start:stop] is well-formed UTF-8. Source: RFC 3629, section 4."""
    place = start
    while place < stop:
        lead = int(buffer[place])
        if lead < 0x80:
            place = place + 1
            continue
        count = _followers(lead)
        if count == 0 or place + count >= stop or not _follows(lead, int(buffer[place + 1])):
            return False
        for i in range(2, count + 1):
            if not 0x80 <= int(buffer[place + i]) < 0xC0:
                return False
        place = place + count + 1
    return True


def _followers(lead: int) -> int:
    """How many bytes follow a lead byte; 0 if it cannot lead."""
    if 0xC2 <= lead < 0xE0:
        return 1
    if 0xE0 <= lead < 0xF0:
        return 2
    return 3 if 0xF0 <= lead < 0xF5 else 0


def _follows(lead: int, second: int) -> bool:
    """Whether the second byte may follow this lead byte: no over-long forms, no surrogates, nothing past U+10FFFF."""
    if lead == 0xE0:
        return 0xA0 <= second < 0xC0
    if lead == 0xED:
        return 0x80 <= second < 0xA0
    if lead == 0xF0:
        return 0x90 <= second < 0xC0
    if lead == 0xF4:
        return 0x80 <= second < 0x90
    return 0x80 <= second < 0xC0


@kernel
def add_numbers(pool: Pool, numbers: Places, done: int, out: Codes) -> int:
    """Add whole numbers, as their decimal digits, from entry `done` on; returns how many are done."""
    digits = np.zeros(20 + PAD, dtype=np.uint8)
    while done < len(numbers):
        start = _write_digits(numbers[done], digits)
        key = hash_text(digits, start, 20)
        number = find_id(pool.slots, pool.starts, pool.text, digits, start, 20, key)
        if number < 0:
            if not has_room(pool):
                break
            number = add_id(pool, digits, start, 20, key)
        out[done] = number
        done = done + 1
    return done


def _write_digits(number: int, digits: Bytes) -> int:
    """Write the number's decimal digits before place 20; returns where they start."""
    place = 20
    rest = number if number < 0 else -number
    while rest < 0 or place == 20:
        place = place - 1
        next_rest = (rest + 9) // 10  # towards 0, as rest is not above it
        digits[place] = 48 + (10 * next_rest - rest)
        rest = next_rest
    if number < 0:
        place = place - 1
        digits[place] = 45
    return place


@kernel
def add_pool(pool: Pool, other: Pool, done: int, out: Codes) -> int:
    """Add the other pool's ids from number `done` on; out[number] = their number here. Returns how many are done."""
    while done < other.used[N_IDS]:
        start = other.starts[done]
        stop = other.starts[done + 1]
        number = find_id(pool.slots, pool.starts, pool.text, other.text, start, stop, other.hashes[done])
        if number < 0:
            if not has_room(pool):
                break
            number = add_id(pool, other.text, start, stop, other.hashes[done])
        out[done] = number
        done = done + 1
    return done


@kernel
def gather_text(text: Bytes, starts: Places, order: Places, out: Bytes, out_starts: Places) -> None:
    """Copy the texts in that order: out[out_starts[i]:out_starts[i + 1]] is text number order[i]."""
    end = 0
    for i in range(len(order)):
        begins = starts[order[i]]
        length = starts[order[i] + 1] - begins
        for j in range(length):
            out[end + j] = text[begins + j]
        end = end + length
        out_starts[i + 1] = end
