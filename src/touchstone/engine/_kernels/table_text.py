"""Reads votes out of delimited text: one pass over the bytes, ids numbered on the way, nothing copied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touchstone.engine._kernels.ballots import NO_VOTE, Rows
from touchstone.engine._kernels.compile import inlined, kernel
from touchstone.engine._kernels.ids import LONGEST_ID, N_IDS, Bytes, Codes, Places, Pool, add_id, has_room, is_utf8

STORY, READER, VOTE, TIME, TIER, OTHER = range(6)  # roles of columns; rows of Layout.spans
DONE, NO_ROOM = 0, 1  # why reading stopped; from 2 on, what is wrong with a cell
EMPTY_CELL, BAD_VOTE, BAD_TIME, BAD_TIER, BAD_TEXT = range(2, 7)
LONG_ID, TOO_FEW_CELLS, TOO_MANY_CELLS, BAD_QUOTE, ZERO_BYTE = range(7, 12)

PLACE, ROWS, FAULT, FAULT_ROLE = range(4)  # entries of Layout.state

QUOTE, NEWLINE, RETURN, SPACE, MINUS, PLUS, POINT = 34, 10, 13, 32, 45, 43, 46
ZERO, NINE = 48, 57


class Layout(NamedTuple):
    """How the text is laid out, and where reading stands.

    roles : int64, shape (n_columns,), the role of each column
    spans : int64, shape (6, 2), start and stop of the current row's cells by role
    state : int64, shape (4,), place in the buffer, rows read, fault and the role of its cell
    delimiter : its byte
    """

    roles: Places
    spans: Places
    state: Places
    delimiter: int


@kernel
def read_rows(
    buffer: Bytes, end: int, layout: Layout, stories: Pool, readers: Pool, columns: Rows, words: Bytes
) -> None:
    """Read whole lines of buffer[place:end] until they or a pool run out, or a cell is wrong.

    Every line must end in a newline, and there must be a row for each; an empty line becomes a row without vote.
    Columns that the file does not have are of length 0. `words`: what votes may be written as, see `read_vote`.
    """
    state = layout.state
    while state[PLACE] < end and state[FAULT] == DONE:
        if not (has_room(stories) and has_room(readers)):
            state[FAULT] = NO_ROOM
        elif buffer[state[PLACE]] == NEWLINE or (
            buffer[state[PLACE]] == RETURN and buffer[state[PLACE] + 1] == NEWLINE
        ):
            _skip_line(buffer, state, columns)
        else:
            _read_row(buffer, layout, stories, readers, columns, words)


@inlined
def _skip_line(buffer: Bytes, state: Places, columns: Rows) -> None:
    columns.story[state[ROWS]] = 0
    columns.reader[state[ROWS]] = 0
    columns.vote[state[ROWS]] = NO_VOTE
    state[ROWS] += 1
    state[PLACE] += 2 if buffer[state[PLACE]] == RETURN else 1


def _read_row(buffer: Bytes, layout: Layout, stories: Pool, readers: Pool, columns: Rows, words: Bytes) -> None:
    state = layout.state
    after = _find_cells(buffer, layout)
    if state[FAULT] == DONE:
        _fill_row(buffer, layout, stories, readers, columns, words)
    if state[FAULT] == DONE:
        state[PLACE] = after


@inlined
def _find_cells(buffer: Bytes, layout: Layout) -> int:
    """Note where the row's cells are; returns where the next row starts."""
    place = layout.state[PLACE]
    last = len(layout.roles) - 1
    column = 0
    while True:
        role = layout.roles[column]
        if buffer[place] == QUOTE:
            place = _find_quoted(buffer, place, layout, role)
        else:
            start = place
            while buffer[place] != layout.delimiter and buffer[place] != NEWLINE:
                place = place + 1
            layout.spans[role, 0] = start
            layout.spans[role, 1] = place
        ends = buffer[place]
        if ends == NEWLINE and column == last:
            _trim(buffer, layout.spans, role)
            return place + 1
        if ends != layout.delimiter or column == last:
            if layout.state[FAULT] == DONE:
                layout.state[FAULT] = _fault_of_shape(ends, layout.delimiter)
                layout.state[FAULT_ROLE] = role
            return place
        _trim(buffer, layout.spans, role)
        place = place + 1
        column = column + 1


@inlined
def _fault_of_shape(ends: int, delimiter: int) -> int:
    if ends == NEWLINE:
        return TOO_FEW_CELLS
    return TOO_MANY_CELLS if ends == delimiter else BAD_QUOTE


def _find_quoted(buffer: Bytes, place: int, layout: Layout, role: int) -> int:
    """Note a quoted cell, doubled quotes halved in place; returns where it ends."""
    place = place + 1
    write = place
    layout.spans[role, 0] = place
    is_open = True
    while is_open and buffer[place] != NEWLINE:
        if buffer[place] == QUOTE:
            place = place + 1
            is_open = buffer[place] == QUOTE
        if is_open:
            buffer[write] = buffer[place]
            write = write + 1
            place = place + 1
    layout.spans[role, 1] = write
    if is_open:
        layout.state[FAULT] = BAD_QUOTE
        layout.state[FAULT_ROLE] = role
    elif buffer[place] == RETURN and buffer[place + 1] == NEWLINE:
        place = place + 1
    return place


@inlined
def _trim(buffer: Bytes, spans: Places, role: int) -> None:
    """Leave out blanks around the cell, and the carriage return before a newline."""
    start = spans[role, 0]
    stop = spans[role, 1]
    while stop > start and (buffer[stop - 1] == SPACE or buffer[stop - 1] == RETURN):
        stop = stop - 1
    while stop > start and buffer[start] == SPACE:
        start = start + 1
    spans[role, 0] = start
    spans[role, 1] = stop


@inlined
def _fill_row(buffer: Bytes, layout: Layout, stories: Pool, readers: Pool, columns: Rows, words: Bytes) -> None:
    """Put the row's cells into the columns, or note the first that is wrong."""
    row = layout.state[ROWS]
    spans = layout.spans
    vote = read_vote(buffer, spans[VOTE, 0], spans[VOTE, 1], words)
    if vote < 0:
        _blame(layout, VOTE, BAD_VOTE)
        return
    columns.vote[row] = vote
    _fill_id(buffer, layout, STORY, stories, columns.story)
    _fill_id(buffer, layout, READER, readers, columns.reader)
    if len(columns.time_ms) > 0:
        _fill_time(buffer, layout, columns.time_ms)
    if len(columns.tier) > 0:
        _fill_tier(buffer, layout, columns.tier)
    if layout.state[FAULT] == DONE:
        layout.state[ROWS] = row + 1


@inlined
def _blame(layout: Layout, role: int, fault: int) -> None:
    """Note that the cell is wrong; the first wrong cell of a row stays."""
    if layout.state[FAULT] == DONE:
        layout.state[FAULT] = EMPTY_CELL if layout.spans[role, 0] == layout.spans[role, 1] else fault
        layout.state[FAULT_ROLE] = role


@inlined
def _fill_id(buffer: Bytes, layout: Layout, role: int, pool: Pool, out: Codes) -> None:
    start = layout.spans[role, 0]
    stop = layout.spans[role, 1]
    if stop == start or stop - start > LONGEST_ID:
        _blame(layout, role, LONG_ID)
        return
    known = pool.used[N_IDS]
    number = add_id(pool, buffer, start, stop)
    if number == known:
        _check_new_id(buffer, layout, role)
    out[layout.state[ROWS]] = number


def _check_new_id(buffer: Bytes, layout: Layout, role: int) -> None:
    start = layout.spans[role, 0]
    stop = layout.spans[role, 1]
    if not is_utf8(buffer, start, stop):
        _blame(layout, role, BAD_TEXT)
    for place in range(start, stop):
        if buffer[place] == 0:
            _blame(layout, role, ZERO_BYTE)


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
def _fill_time(buffer: Bytes, layout: Layout, out: Places) -> None:
    start = layout.spans[TIME, 0]
    stop = layout.spans[TIME, 1]
    negative = stop > start and buffer[start] == MINUS
    value = read_digits(buffer, start + 1 if negative else start, stop)
    if value >= 0:
        out[layout.state[ROWS]] = -value if negative else value
        return
    value = read_moment(buffer, start, stop)
    if value == NO_MOMENT:
        _blame(layout, TIME, BAD_TIME)
    out[layout.state[ROWS]] = value


@inlined
def _fill_tier(buffer: Bytes, layout: Layout, out: Bytes) -> None:
    value = read_digits(buffer, layout.spans[TIER, 0], layout.spans[TIER, 1])
    if not 0 <= value <= 255:
        _blame(layout, TIER, BAD_TIER)
        return
    out[layout.state[ROWS]] = value


@inlined
def read_digits(buffer: Bytes, start: int, stop: int) -> int:
    """The number that 1 to 18 digits spell, −1 if there is anything else."""
    if stop <= start or stop - start > 18:
        return -1
    value = 0
    for place in range(start, stop):
        digit = np.int64(buffer[place]) - ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


NO_MOMENT = -(1 << 62)
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
