"""Reading small CSV tables row by row in bounded memory, naming file, line and column of whatever cannot be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import click

LONGEST_LINE = 1 << 17  # bytes


class Refused(click.ClickException):
    """The input cannot be used: one sentence on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        """Print the sentence alone."""
        click.echo(f"Error: {self.format_message()}", err=True)


class BadTable(Refused):
    """A table cannot be used: says which file, where in it, and what to do."""

    def __init__(self, path: Path, problem: str, *, line: int | None = None, column: str | None = None) -> None:
        self.path, self.line, self.column = path, line, column
        place = str(path) + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {problem}")


def read_rows(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
    """Each row's line number and its texts in `columns`, none empty, then in `optional`, empty where there is none.

    Raises BadTable.
    """
    line = 0
    try:
        with path.open("rb") as file:
            reader = csv.reader(_lines(file, path), strict=True)
            header = next(reader, None)
            if not header:
                raise BadTable(path, f"the file is empty; it needs the columns {', '.join(columns)}.")
            names = [name.strip() for name in header]
            wanted, extra = _places(names, columns, path), [_place_of(name, names) for name in optional]
            line = reader.line_num + 1
            for row in reader:
                if row:
                    cells = _cells(row, names, wanted, path, line)
                    yield line, [*cells, *("" if place is None else row[place].strip() for place in extra)]
                line = reader.line_num + 1
    except OSError as error:
        raise BadTable(path, f"cannot be read: {error.strerror or error}.") from error
    except csv.Error as error:
        raise BadTable(path, f"is not well-formed CSV: {error}.", line=line or 1) from error


def _lines(file: BinaryIO, path: Path) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise BadTable(path, "the text is UTF-16; save the file as UTF-8.", line=1)
        if b"\0" in line:
            raise BadTable(path, "the line holds a zero byte; is this a text file?", line=number)
        if len(line) == LONGEST_LINE:
            raise BadTable(path, f"the line is longer than {LONGEST_LINE:,} bytes; is this a CSV file?", line=number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            bad = f"0x{line[error.start]:02x}"
            raise BadTable(path, f"byte {bad} is not UTF-8 text; save the file as UTF-8.", line=number) from error


def _place_of(column: str, names: list[str]) -> int | None:
    return names.index(column) if column in names else None


def _places(names: list[str], columns: Sequence[str], path: Path) -> list[int]:
    for column in columns:
        if column not in names:
            found = ", ".join(names)[:200]
            raise BadTable(path, f"the column is missing; the header has {found}.", line=1, column=column)
    return [names.index(column) for column in columns]


def _cells(row: list[str], names: list[str], places: list[int], path: Path, line: int) -> list[str]:
    if len(row) != len(names):
        raise BadTable(path, f"the row has {len(row)} cells, the header {len(names)}.", line=line)
    cells = [row[place].strip() for place in places]
    for cell, place in zip(cells, places, strict=True):
        if not cell:
            raise BadTable(path, "the cell is empty.", line=line, column=names[place])
    return cells
