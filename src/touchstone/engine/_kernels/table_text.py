"""Reads votes out of delimited text: one pass over the bytes finds the cells, then each column is read by itself.

Kernels that loop over bytes take plain arrays: counting references to arrays inside tuples made them ten times slower.
"""

from __future__ import annotations

import numpy as np

from touchstone.engine._kernels.ballots import NO_VOTE
from touchstone.engine._kernels.bits import lowest_bit, word_at
from touchstone.engine._kernels.compile import inlined, kernel
from touchstone.engine._kernels.ids import (
    LONGEST_ID,
    Bytes,
    Cells,
    Codes,
    Places,
    Pool,
    Words,
    add_id,
    eight_digits,
    find_id,
    has_room,
    hash_cells,
    is_utf8,
    plain_number,
    probe_cells,
    same_text,
)

STORY, READER, VOTE, TIME, TIER, OTHER = range(6)  # roles of columns; the first axis of cells
DONE, NO_ROOM = 0, 1  # why reading stopped; from 2 on, what is wrong with a cell
EMPTY_CELL, BAD_VOTE, BAD_TIME, BAD_TIER, BAD_TEXT = range(2, 7)
LONG_ID, TOO_FEW_CELLS, TOO_MANY_CELLS, BAD_QUOTE, ZERO_BYTE, LONG_LINE = range(7, 13)

ROWS, FAULT, FAULT_ROLE = range(3)  # entries of a state: rows done, why it stopped, the role of the cell at fault

QUOTE, NEWLINE, RETURN, SPACE, MINUS, PLUS, POINT = 34, 10, 13, 32, 45, 43, 46
ZERO, NINE = 48, 57
NO_MOMENT = -(1 << 62)
NO_LINE = -1  # where the cells of an empty line start
_ONES, _HIGH_BITS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


@kernel
def find_cells(buffer: Bytes, place: int, end: int, roles: Places, delimiter: int, cells: Cells, state: Places) -> int:
    """Note where the cells of buffer[place:end] are, line by line; returns the place reached.

    Stops at the end, when `cells` is full, or at a line of the wrong shape. Every line must end in a newline. Quoted
    cells are unquoted in place.
    cells : int32, shape (6, n_lines, 2), start and stop of each role's cells by line; NO_LINE on an empty line
    """
    row = 0
    last = len(roles) - 1
    delimiters, newlines = np.uint64(delimiter) * _ONES, np.uint64(NEWLINE) * _ONES
    while place < end and row < cells.shape[1] and state[FAULT] == DONE:
        column = 0
        if buffer[place] == NEWLINE or (buffer[place] == RETURN and buffer[place + 1] == NEWLINE):
            cells[:, row, :] = NO_LINE
            column = last + 1
            place = place + (1 if buffer[place] == NEWLINE else 2)
        while column <= last:
            role = roles[column]
            start = place
            if buffer[place] == QUOTE:
                place = _unquote(buffer, place, cells, row, role, state)
            else:
                place = _end_of_cell(buffer, place, delimiters, newlines)
                _note_cell(buffer, start, place, cells, row, role)
            if (buffer[place] != delimiter or column == last) and (buffer[place] != NEWLINE or column != last):
                _blame_shape(buffer[place], delimiter, role, state)
                break
            place = place + 1
            column = column + 1
        if state[FAULT] == DONE:
            row = row + 1
    state[ROWS] = row
    return place


@inlined
def _end_of_cell(buffer: Bytes, place: int, delimiters: np.uint64, newlines: np.uint64) -> int:
    """The first place from `place` on of a delimiter or a newline, eight bytes looked at together.

    Source: Warren, Hacker's Delight, 6-1: the lowest high bit of (x − 1) & ~x marks the first byte of x that is 0.
    """
    found = np.uint64(0)
    while True:
        word = word_at(buffer, place)
        one, other = word ^ delimiters, word ^ newlines
        found = (((one - _ONES) & ~one) | ((other - _ONES) & ~other)) & _HIGH_BITS
        if found != np.uint64(0):
            return place + (lowest_bit(found) >> 3)
        place = place + 8


@inlined
def _note_cell(buffer: Bytes, start: int, stop: int, cells: Cells, row: int, role: int) -> None:
    """Note a cell, blanks around it and the carriage return before a newline left out."""
    while stop > start and (buffer[stop - 1] == SPACE or buffer[stop - 1] == RETURN):
        stop = stop - 1
    while stop > start and buffer[start] == SPACE:
        start = start + 1
    cells[role, row, 0] = start
    cells[role, row, 1] = stop


def _unquote(buffer: Bytes, place: int, cells: Cells, row: int, role: int, state: Places) -> int:
    """Note a quoted cell, doubled quotes halved in place; returns where it ends."""
    place = place + 1
    write = place
    cells[role, row, 0] = place
    is_open = True
    while is_open and buffer[place] != NEWLINE:
        if buffer[place] == QUOTE:
            place = place + 1
            is_open = buffer[place] == QUOTE
        if is_open:
            buffer[write] = buffer[place]
            write = write + 1
            place = place + 1
    cells[role, row, 1] = write
    if is_open:
        state[FAULT] = BAD_QUOTE
        state[FAULT_ROLE] = role
    elif buffer[place] == RETURN and buffer[place + 1] == NEWLINE:
        place = place + 1
    return place


def _blame_shape(ends: int, delimiter: int, role: int, state: Places) -> None:
    """Note why a line's shape is wrong, unless something else was wrong before."""
    if state[FAULT] == DONE:
        state[FAULT_ROLE] = role
        state[FAULT] = TOO_FEW_CELLS if ends == NEWLINE else TOO_MANY_CELLS if ends == delimiter else BAD_QUOTE


@inlined
def _blame(cells: Cells, role: int, fault: int, state: Places) -> None:
    """Note that the cell of the row just reached is wrong."""
    is_empty = cells[role, state[ROWS], 0] == cells[role, state[ROWS], 1]
    state[FAULT] = EMPTY_CELL if is_empty else fault
    state[FAULT_ROLE] = role


@kernel
def number_cells(
    buffer: Bytes, cells: Cells, role: int, rows: Cells, keys: Words, pool: Pool, out: Codes, state: Places
) -> None:
    """Number the ids of these rows, which ascend, from state[ROWS] on; stops at a wrong id or when the pool is full.

    keys : uint64, shape (LINES,), room for the ids' hashes; kept until all are done
    out  : what `look_up_cells` has found already, −1 where it has not
    """
    slots, starts, text, of_number = pool.slots, pool.starts, pool.text, pool.of_number
    if state[ROWS] == 0:
        hash_cells(buffer, cells, role, rows, keys)
        probe_cells(slots, cells, role, rows, keys, out)
    for row in rows[np.searchsorted(rows, state[ROWS]) :]:
        start = np.int64(cells[role, row, 0])
        stop = np.int64(cells[role, row, 1])
        number = np.int64(out[row])
        if number >= 0 and (stop - start <= 8 or same_text(buffer, start, stop, text, starts[number])):
            continue
        number = np.int64(0)
        if start >= 0:
            number = find_id(slots, starts, text, buffer, start, stop, keys[row])
            if number < 0:
                state[ROWS] = row
                _check_id(buffer, cells, role, has_room(pool), state)
                if state[FAULT] != DONE:
                    return
                number = add_id(pool, buffer, start, stop, keys[row])
            value = plain_number(buffer, start, stop)
            if 0 <= value < len(of_number):
                of_number[value] = number + 1
        out[row] = number


def _has_zero(buffer: Bytes, start: int, stop: int) -> bool:
    zeros = 0
    for place in range(start, stop):
        zeros += buffer[place] == 0
    return zeros > 0


def _check_id(buffer: Bytes, cells: Cells, role: int, is_room: bool, state: Places) -> None:
    """Note what is wrong with a new id, if anything is, or that there is no room for it."""
    start = np.int64(cells[role, state[ROWS], 0])
    stop = np.int64(cells[role, state[ROWS], 1])
    if stop == start or stop - start > LONGEST_ID:
        _blame(cells, role, LONG_ID, state)
    elif not is_utf8(buffer, start, stop):
        _blame(cells, role, BAD_TEXT, state)
    elif _has_zero(buffer, start, stop):
        _blame(cells, role, ZERO_BYTE, state)
    elif not is_room:
        state[FAULT] = NO_ROOM


@kernel
def read_votes(buffer: Bytes, cells: Cells, count: int, words: Bytes, out: Bytes, state: Places) -> None:
    """Read the votes of the first `count` rows, up to the first wrong one. `words`: see `read_vote`."""
    for row in range(count):
        state[ROWS] = row
        start = np.int64(cells[VOTE, row, 0])
        vote = np.int64(NO_VOTE)
        if start >= 0:
            vote = read_vote(buffer, start, np.int64(cells[VOTE, row, 1]), words)
        if vote < 0:
            _blame(cells, VOTE, BAD_VOTE, state)
            return
        out[row] = vote
    state[ROWS] = count


@kernel
def read_times(buffer: Bytes, cells: Cells, count: int, out: Places, state: Places) -> None:
    """Read the times of the first `count` rows, up to the first wrong one."""
    for row in range(count):
        state[ROWS] = row
        start = np.int64(cells[TIME, row, 0])
        moment = np.int64(0)
        if start >= 0:
            moment = read_time(buffer, start, np.int64(cells[TIME, row, 1]))
        if moment == NO_MOMENT:
            _blame(cells, TIME, BAD_TIME, state)
            return
        out[row] = moment
    state[ROWS] = count


@kernel
def read_tiers(buffer: Bytes, cells: Cells, count: int, out: Bytes, state: Places) -> None:
    """Read the tiers of the first `count` rows, up to the first wrong one."""
    for row in range(count):
        state[ROWS] = row
        start = np.int64(cells[TIER, row, 0])
        tier = np.int64(0)
        if start >= 0:
            tier = read_digits(buffer, start, np.int64(cells[TIER, row, 1]))
        if tier < 0 or tier > 255:
            _blame(cells, TIER, BAD_TIER, state)
            return
        out[row] = tier
    state[ROWS] = count


@inlined
def read_vote(buffer: Bytes, start: int, stop: int, words: Bytes) -> int:
    """1 real, 0 fake, 2 neither, −1 unreadable.

    words : uint8, rows of a vote, a length and that many bytes in capitals, one after the other
    """
    if stop - start == 1 and (buffer[start] == ZERO or buffer[start] == ZERO + 1):
        return np.int64(buffer[start]) - ZERO
    return _find_word(buffer, start, stop, words)


def _find_word(buffer: Bytes, start: int, stop: int, words: Bytes) -> int:
    at = 0
    while at < len(words):
        length = np.int64(words[at + 1])
        if length == stop - start:
            same = 0
            while same < length and _capital(buffer[start + same]) == words[at + 2 + same]:
                same = same + 1
            if same == length:
                return np.int64(words[at])
        at = at + 2 + length
    return -1


@inlined
def _capital(letter: int) -> int:
    return letter - 32 if 97 <= letter <= 122 else letter


@inlined
def read_time(buffer: Bytes, start: int, stop: int) -> int:
    """Milliseconds since 1970, written so or as in `read_moment`; NO_MOMENT if wrong."""
    negative = stop > start and buffer[start] == MINUS
    value = read_digits(buffer, start + 1 if negative else start, stop)
    if value >= 0:
        return -value if negative else value
    return read_moment(buffer, start, stop)


@inlined
def read_digits(buffer: Bytes, start: int, stop: int) -> int:
    """The number that 1 to 18 digits spell, −1 if there is anything else."""
    if stop <= start or stop - start > 18:
        return -1
    value = np.int64(0)
    if stop - start >= 8:
        value = eight_digits(word_at(buffer, start))
        if value < 0:
            return -1
        start = start + 8
    for place in range(start, stop):
        digit = np.int64(buffer[place]) - ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


_PATTERN = np.frombuffer(b"0000-00-00T00:00:00", dtype=np.uint8)
_DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
_DAYS_IN = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)


def read_moment(buffer: Bytes, start: int, stop: int) -> int:
    """Milliseconds since 1970 of YYYY-MM-DDTHH:MM:SS[.fff][Z|±hh:mm], in UTC if without zone; NO_MOMENT if wrong."""
    if stop - start < 19 or not _fits_pattern(buffer, start):
        return NO_MOMENT
    year = read_digits(buffer, start, start + 4)
    month = read_digits(buffer, start + 5, start + 7)
    day = read_digits(buffer, start + 8, start + 10)
    hour = read_digits(buffer, start + 11, start + 13)
    minute = read_digits(buffer, start + 14, start + 16)
    second = read_digits(buffer, start + 17, start + 19)
    if not _is_date(year, month, day) or hour > 23 or minute > 59 or second > 60:
        return NO_MOMENT
    days = 365 * (year - 1970) + _leap_days(year, month) - 477 + _DAYS_BEFORE[month - 1] + day - 1
    seconds = 86400 * days + 3600 * hour + 60 * minute + second
    return _add_rest(buffer, start + 19, stop, 1000 * seconds)


def _fits_pattern(buffer: Bytes, start: int) -> bool:
    for i in range(19):
        expected = _PATTERN[i]
        found = buffer[start + i]
        if expected == ZERO:
            if found < ZERO or found > NINE:
                return False
        elif found != expected and not (i == 10 and found == SPACE):
            return False
    return True


@inlined
def _leap_days(year: int, month: int) -> int:
    """Leap days from year 1 up to that month."""
    last = year - 1 if month <= 2 else year
    return last // 4 - last // 100 + last // 400


def _is_date(year: int, month: int, day: int) -> bool:
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= _DAYS_IN[month - 1]:
        return False
    return month != 2 or day != 29 or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _add_rest(buffer: Bytes, place: int, stop: int, moment: int) -> int:
    """Add the fraction of a second and take off the zone."""
    if place < stop and buffer[place] == POINT:
        place = place + 1
        worth = 100
        first = place
        while place < stop and ZERO <= buffer[place] <= NINE:
            moment = moment + worth * (np.int64(buffer[place]) - ZERO)
            worth = worth // 10
            place = place + 1
        if place == first:
            return NO_MOMENT
    if place == stop or (place + 1 == stop and buffer[place] == 90):
        return moment
    return _add_zone(buffer, place, stop, moment)


def _add_zone(buffer: Bytes, place: int, stop: int, moment: int) -> int:
    if stop - place != 6 or buffer[place + 3] != 58 or (buffer[place] != PLUS and buffer[place] != MINUS):
        return NO_MOMENT
    hours = read_digits(buffer, place + 1, place + 3)
    minutes = read_digits(buffer, place + 4, place + 6)
    if not 0 <= hours <= 23 or not 0 <= minutes <= 59:
        return NO_MOMENT
    offset = 60000 * (60 * hours + minutes)
    return moment - offset if buffer[place] == PLUS else moment + offset
