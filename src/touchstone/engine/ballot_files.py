"""Reads ballots from delimited text: CSV, TSV and Community Notes' ratings, plain or gzipped, in bounded memory."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from touchstone.engine._kernels import table_text as text
from touchstone.engine._kernels.ballots import NO_DIRECTION, NO_VOTE, Rows
from touchstone.engine._kernels.ids import PAD, look_up_cells
from touchstone.engine.ballots import Ballots, Bytes, Duplicates, Places, ReadRows, settle_ballots
from touchstone.engine.errors import BadColumn, BadFile, DuplicateVote
from touchstone.engine.ids import Codes, IdPool

BLOCK = 1 << 20  # bytes read at a time
LINES = 1 << 13  # lines looked at together
LONGEST_LINE = 1 << 16  # bytes
FIRST_SHELF, LARGEST_SHELF = 1 << 14, 1 << 22  # rows kept in one piece of memory, each new one twice as large
Progress = Callable[[int], object]  # told how many more bytes of the file have been read

ROLE_NAMES = ("story", "reader", "vote", "time", "tier")
COLUMN_NAMES = {
    text.STORY: ("story", "task", "item", "noteId"),
    text.READER: ("reader", "worker", "user", "raterParticipantId"),
    text.VOTE: ("vote", "label", "helpfulnessLevel"),
    text.TIME: ("time", "time_ms", "timestamp", "createdAtMillis"),
    text.TIER: ("tier",),
}
REQUIRED = (text.STORY, text.READER, text.VOTE)
VOTE_WORDS = {"real": 1, "fake": 0, "true": 1, "false": 0, "1.0": 1, "0.0": 0}
NOTE_WORDS = {"HELPFUL": 1, "NOT_HELPFUL": 0, "SOMEWHAT_HELPFUL": NO_DIRECTION, "": NO_DIRECTION}
FAULTS = {
    text.EMPTY_CELL: "the cell is empty",
    text.BAD_VOTE: "is neither 1 (real) nor 0 (fake)",
    text.BAD_TIME: "is neither a whole number of milliseconds nor a time like 2025-06-01T12:00:00Z",
    text.BAD_TIER: "is not a whole number from 0 to 255",
    text.BAD_TEXT: "is not UTF-8 text; save the file as UTF-8",
    text.LONG_ID: "is longer than 4,096 bytes",
    text.TOO_FEW_CELLS: "the line has fewer cells than the header",
    text.TOO_MANY_CELLS: "the line has more cells than the header; put quotes around a cell that holds the delimiter",
    text.BAD_QUOTE: "a quoted cell does not end in a quote before the delimiter or the end of the line",
    text.ZERO_BYTE: "holds a zero byte; is this a text file?",
    text.LONG_LINE: f"the line is longer than {LONGEST_LINE:,} bytes; is this a table?",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line says.

    names          column names as written
    roles          each column's role, `text.OTHER` for columns that are not read
    is_notes       whether these are Community Notes' ratings: a pair's last rating wins, half ratings count as none
    """

    names: list[str]
    roles: list[int]
    delimiter: str
    is_notes: bool

    def name_of(self, role: int) -> str:
        """The column's name in the file."""
        return self.names[self.roles.index(role)]


def read_ballots(
    source: str | Path | BinaryIO,
    *,
    duplicates: Duplicates | None = None,
    threads: int = 1,
    progress: Progress | None = None,
) -> Ballots:
    """Ballots from a file of votes with a header line, or from an open binary stream.

    Columns story, reader, vote (1 or 0, real or fake) and, if there, time (milliseconds or ISO 8601) and tier.
    duplicates  what to do with a reader's second vote on a story; left out, "last" for Community Notes, else "refuse"
    threads     how many read at once; the result is the same
    Raises BadFile, which names the file, line and column.
    """
    if not isinstance(source, str | Path):
        return _Reading(source, getattr(source, "name", "standard input"), threads, progress).run(duplicates)
    try:
        with Path(source).open("rb") as file:
            return _Reading(file, str(source), threads, progress).run(duplicates)
    except OSError as error:
        raise BadFile(str(source), f"cannot be read: {error.strerror or error}") from error


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole lines: buffer[start:end], uint8, with PAD bytes after it; or, if `is_endless`, a line that has no end."""

    buffer: Bytes
    start: int
    end: int
    is_endless: bool = False


class _Worker:
    """One thread's pools of ids, and the room where it keeps rows and notes where their cells are."""

    def __init__(self, header: Header) -> None:
        self.stories, self.readers = IdPool(), IdPool()
        self.shelf = _Shelf(header)
        self.cells = np.empty((text.OTHER + 1, LINES, 2), dtype=np.int32)
        self.keys = np.empty(LINES, dtype=np.uint64)
        self.unknown = np.empty(LINES + 1, dtype=np.int32)


class _Shelf:
    """Room for rows in large pieces: small ones would lie scattered, and not go back to the system when freed."""

    def __init__(self, header: Header) -> None:
        self.header, self.size = header, FIRST_SHELF
        self.rows, self.first, self.end = _room_for(self.size, header), 0, 0

    def is_full(self) -> bool:
        """Whether there is no room for LINES more rows."""
        return self.end + LINES > len(self.rows.vote)

    def renew(self) -> None:
        """Go on with new room; what was taken from the old stays where it is."""
        self.size = min(2 * self.size, LARGEST_SHELF)
        self.rows, self.first, self.end = _room_for(self.size + LINES, self.header), 0, 0

    def next_rows(self, count: int) -> Rows:
        """Room for the next rows, at most LINES; they stay only if `end` is moved past them."""
        return _cut_rows(self.rows, self.end, self.end + count)

    def take(self) -> Rows:
        """All rows since the last time, none of which is written to again."""
        taken = _cut_rows(self.rows, self.first, self.end)
        self.first = self.end
        return taken


@dataclass(frozen=True, slots=True)
class _Lines:
    """What became of some lines: their rows up to the first fault, if there is one."""

    read: ReadRows
    fault: int = text.DONE
    fault_role: int = text.OTHER
    cell: bytes = b""


class _Reading:
    """One file on its way to become ballots."""

    def __init__(self, file: BinaryIO, name: str, threads: int, progress: Progress | None) -> None:
        self.file, self.name, self.threads = file, name, max(1, threads)
        self.progress = progress or (lambda _: None)

    def run(self, duplicates: Duplicates | None) -> Ballots:
        """Read it all."""
        spare: queue.SimpleQueue[Bytes] = queue.SimpleQueue()
        for _ in range(self.threads + 2):
            spare.put(np.zeros(BLOCK + LONGEST_LINE + PAD, dtype=np.uint8))
        blocks = _cut_into_blocks(_unzipped(self.file, self.progress), self.name, spare)
        parts = self._read_blocks(self._take_header(blocks), spare)
        if not any(np.any(part.rows.vote != NO_VOTE) for part in parts):
            raise BadFile(self.name, "there is no vote below the header")
        try:
            return settle_ballots(parts, duplicates or ("last" if self.header.is_notes else "refuse"))
        except DuplicateVote as error:
            raise self._locate(error) from error
        except BadColumn as error:
            raise BadFile(self.name, error.problem) from error

    def _take_header(self, blocks: Iterator[_Block]) -> Iterator[_Block]:
        """Read the header; the blocks below it."""
        first = next(blocks, _Block(np.empty(0, dtype=np.uint8), 0, 0))
        line, newline, _ = first.buffer[: min(first.end, LONGEST_LINE)].tobytes().partition(b"\n")
        if first.is_endless or len(line) == LONGEST_LINE:
            raise BadFile(self.name, FAULTS[text.LONG_LINE], line=1)
        self.header = _read_header(line, self.name)
        return itertools.chain([replace(first, start=len(line) + len(newline))], blocks)

    def _read_blocks(self, blocks: Iterator[_Block], spare: queue.SimpleQueue[Bytes]) -> list[ReadRows]:
        """Read all blocks, `threads` at a time, and check them in the order of the file."""
        idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for _ in range(self.threads):
            idle.put(_Worker(self.header))

        def read(block: _Block) -> list[_Lines]:
            worker = idle.get()
            try:
                return _BlockReader(block, self.header, worker).read()
            finally:
                idle.put(worker)
                spare.put(block.buffer)

        done: list[ReadRows] = []
        waiting: list[Future[list[_Lines]]] = []
        with ThreadPoolExecutor(self.threads) as threads:
            for block in blocks:
                waiting.append(threads.submit(read, block))
                if len(waiting) > self.threads:
                    self._check(waiting.pop(0).result(), done)
            while waiting:
                self._check(waiting.pop(0).result(), done)
        return done

    def _check(self, pieces: list[_Lines], done: list[ReadRows]) -> None:
        """Add the rows to those done. Raises BadFile at the first fault."""
        for lines in pieces:
            done.append(lines.read)
            if lines.fault:
                raise self._fault_in(lines, 2 + sum(len(part.rows.vote) for part in done))

    def _fault_in(self, lines: _Lines, line: int) -> BadFile:
        shown = lines.cell[:40].decode(errors="replace")
        problem = FAULTS[lines.fault]
        is_of_line = problem.startswith(("the ", "a "))
        column = None if lines.fault_role == text.OTHER else self.header.name_of(lines.fault_role)
        return BadFile(self.name, problem if is_of_line else f"{shown!r} {problem}", line=line, column=column)

    def _locate(self, error: DuplicateVote) -> BadFile:
        """The lines of the two votes."""
        first, second = (2 + row for row in error.rows)
        problem = f"reader {error.reader!r} already voted on story {error.story!r} in line {first}; keep one vote"
        return BadFile(self.name, problem, line=second, column=self.header.name_of(text.READER))


def _unzipped(file: BinaryIO, progress: Progress) -> io.BufferedIOBase:
    counted = io.BufferedReader(_Counted(file, progress), BLOCK)  # type: ignore[type-var]
    return gzip.open(counted) if counted.peek(2)[:2] == b"\x1f\x8b" else counted  # type: ignore[return-value]


class _Counted(io.RawIOBase):
    """A stream that tells how much of it has been read."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file, self._progress = file, progress
        self._read_into: Callable[[bytearray], int] = self._copy_into
        if isinstance(file, io.BufferedIOBase):
            self._read_into = file.readinto

    def readable(self) -> bool:
        return True

    def _copy_into(self, target: bytearray) -> int:
        piece = self._file.read(len(target))
        target[: len(piece)] = piece
        return len(piece)

    def readinto(self, target: bytearray) -> int:  # type: ignore[override]
        count = self._read_into(target)
        self._progress(count)
        return count


def _cut_into_blocks(stream: io.BufferedIOBase, name: str, spare: queue.SimpleQueue[Bytes]) -> Iterator[_Block]:
    """The stream in blocks of whole lines, the last line ended if it was not, in buffers that are spare.

    Stops after a line that is too long. Raises BadFile.
    """
    buffer, filled = spare.get(), 0
    try:
        while count := _fill(stream, buffer[filled : filled + BLOCK]):
            filled += count
            tail = max(filled - LONGEST_LINE - 1, 0)
            end = tail + buffer[tail:filled].tobytes().rfind(b"\n") + 1
            if filled - end > LONGEST_LINE:
                yield _Block(buffer, 0, buffer[:filled].tobytes().rfind(b"\n") + 1)
                yield _Block(spare.get(), 0, 0, is_endless=True)
                return
            if end > tail:
                following = spare.get()
                following[: filled - end] = buffer[end:filled]
                yield _Block(buffer, 0, end)
                buffer, filled = following, filled - end
    except (EOFError, gzip.BadGzipFile) as error:
        raise BadFile(name, f"is not a whole gzip file: {error}") from error
    if filled:
        buffer[filled] = text.NEWLINE
        yield _Block(buffer, 0, filled + 1)


def _fill(stream: io.BufferedIOBase, target: Bytes) -> int:
    """Read into the target; how many bytes were read, 0 at the end of the stream."""
    return stream.readinto(target.data)


def _read_header(line: bytes, name: str) -> Header:
    """Raises BadFile unless the line is text and names the columns that votes need."""
    written = _decode_header(line, name)
    delimiter = max("\t,;", key=written.count)
    names = [cell.strip() for cell in next(csv.reader([written], delimiter=delimiter))]
    roles = [_role_of(column) for column in names]
    for role in REQUIRED:
        if role not in roles:
            found = ", ".join(names)[:200]
            problem = (
                f"the column is missing; it may be called {' or '.join(COLUMN_NAMES[role])}; the header has {found}"
            )
            raise BadFile(name, problem, line=1, column=ROLE_NAMES[role])
    for role in COLUMN_NAMES:
        if roles.count(role) > 1:
            twins = " and ".join(names[place] for place, other in enumerate(roles) if other == role)
            raise BadFile(name, f"the columns {twins} mean the same; keep one", line=1)
    return Header(names, roles, delimiter, is_notes="helpfulnessLevel" in names)


def _decode_header(line: bytes, name: str) -> str:
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        raise BadFile(name, "is not UTF-8 text (it looks like UTF-16 or a binary file); save it as UTF-8", line=1)
    try:
        written = line.decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError as error:
        raise BadFile(name, f"is not UTF-8 text (byte 0x{line[error.start]:02x}); save it as UTF-8", line=1) from error
    if not written.strip():
        raise BadFile(name, "the file is empty or its first line is; it needs the columns story, reader and vote")
    if not written.replace("\t", "").isprintable():
        raise BadFile(name, "is not a table of text; its first line holds control characters", line=1)
    return written


def _role_of(column: str) -> int:
    return next((role for role, names in COLUMN_NAMES.items() if column in names), text.OTHER)


class _BlockReader:
    """Reads one block, some thousands of lines at a time so that what is noted of them stays in the cache."""

    def __init__(self, block: _Block, header: Header, worker: _Worker) -> None:
        self.block, self.buffer = block, block.buffer
        self.header, self.worker, self.cells = header, worker, worker.cells
        self.roles = np.array(header.roles, dtype=np.int64)
        self.words = _spell_votes(NOTE_WORDS if header.is_notes else VOTE_WORDS)

    def read(self) -> list[_Lines]:
        """All lines, up to the first fault."""
        if self.block.is_endless:
            return [self._take(text.LONG_LINE)]
        done: list[_Lines] = []
        place = self.block.start
        while place < self.block.end:
            if self.worker.shelf.is_full():
                done.append(self._take())
                self.worker.shelf.renew()
            state = np.zeros(3, dtype=np.int64)
            delimiter = ord(self.header.delimiter)
            place = text.find_cells(self.buffer, place, self.block.end, self.roles, delimiter, self.cells, state)
            row, fault, role = self._read_columns(state)
            self.worker.shelf.end += row
            if fault:
                start, stop = self.cells[role, row].tolist()
                return [*done, self._take(fault, role, self.buffer[start:stop].tobytes())]
        return [*done, self._take()]

    def _take(self, fault: int = text.DONE, role: int = text.OTHER, cell: bytes = b"") -> _Lines:
        """All rows read since the last time, and what is wrong with the next."""
        read = ReadRows(self.worker.shelf.take(), self.worker.stories, self.worker.readers)
        return _Lines(read, fault, role, cell)

    def _read_columns(self, shape: Places) -> tuple[int, int, int]:
        """Read the cells found into the next rows of the shelf; the first row at fault, if any, why, and its cell."""
        count = int(shape[text.ROWS])
        rows = self.worker.shelf.next_rows(count)
        states = [shape]
        states.append(self._number_ids(text.STORY, self.worker.stories, rows.story))
        states.append(self._number_ids(text.READER, self.worker.readers, rows.reader))
        states += [np.zeros(3, dtype=np.int64) for _ in range(3)]
        text.read_votes(self.buffer, self.cells, count, self.words, rows.vote, states[3])
        if len(rows.time_ms):
            text.read_times(self.buffer, self.cells, count, rows.time_ms, states[4])
        if len(rows.tier):
            text.read_tiers(self.buffer, self.cells, count, rows.tier, states[5])
        faults = [state.tolist() for state in states if state[text.FAULT] != text.DONE]
        return min(((row, fault, role) for row, fault, role in faults), default=(count, text.DONE, text.OTHER))

    def _number_ids(self, role: int, pool: IdPool, out: Codes) -> Places:
        """Number a column of ids, the pool growing as needed; returns the state it ended in."""
        state = np.zeros(3, dtype=np.int64)
        worker = self.worker
        unknown = look_up_cells(self.buffer, self.cells, role, pool.pool.of_number, out, worker.unknown)
        rows = worker.unknown[:unknown]
        while unknown:
            text.number_cells(self.buffer, self.cells, role, rows, worker.keys, pool.pool, out, state)
            if state[text.FAULT] != text.NO_ROOM:
                break
            pool.grow()
            state[text.FAULT] = text.DONE
        return state


def _room_for(count: int, header: Header) -> Rows:
    return Rows(
        story=np.empty(count, dtype=np.int32),
        reader=np.empty(count, dtype=np.int32),
        vote=np.empty(count, dtype=np.uint8),
        time_ms=np.empty(count if text.TIME in header.roles else 0, dtype=np.int64),
        tier=np.empty(count if text.TIER in header.roles else 0, dtype=np.uint8),
    )


def _cut_rows(rows: Rows, low: int, high: int) -> Rows:
    return Rows(
        rows.story[low:high], rows.reader[low:high], rows.vote[low:high], rows.time_ms[low:high], rows.tier[low:high]
    )


def _spell_votes(words: dict[str, int]) -> Bytes:
    """The words as the kernel wants them: vote, length and capital letters of each."""
    spelt = b"".join(bytes([vote, len(word)]) + word.upper().encode() for word, vote in words.items())
    return np.frombuffer(spelt, dtype=np.uint8)
