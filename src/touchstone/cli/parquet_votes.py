"""Reading votes from Parquet files through pyarrow, naming file, row and column of whatever cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from touchstone.engine import BadColumn, BadFile, BadId, Ballots, DuplicateVote
from touchstone.engine.ballot_files import COLUMN_NAMES, ROLE_NAMES, VOTE_WORDS

WORDS = VOTE_WORDS | {"1": 1, "0": 0}


def is_parquet(path: Path) -> bool:
    """Whether the file starts as Parquet files do."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


def read_parquet(path: str) -> Ballots:
    """The votes of a Parquet file. Raises BadFile."""
    table, places = _read_table(path)
    columns = {role: table.column(name) for role, name in places.items()}
    for role, column in columns.items():
        _check_column(path, places[role], role, column)
    story, reader = _dictionary(columns["story"]), _dictionary(columns["reader"])
    try:
        return Ballots.from_dictionaries(
            story=story,
            reader=reader,
            vote=_votes(path, places["vote"], columns["vote"]),
            time_ms=_milliseconds(columns["time"]) if "time" in columns else None,
            tier=columns["tier"].to_numpy() if "tier" in columns else None,
        )
    except BadColumn as error:
        role = "time" if error.column == "time_ms" else error.column
        raise BadFile(path, f"{_row(error.row)}{error.problem}", column=places[role]) from error
    except BadId as error:
        for role, (ids, place) in (("story", story), ("reader", reader)):
            raise_at(path, places[role], _rows_of(ids, place, error.name), _clause(error))
        raise
    except DuplicateVote as error:
        raise BadFile(path, f"{_row(error.rows[1])}{_clause(error)}", column=places["reader"]) from error


def raise_at(path: str, column: str, rows: np.ndarray[Any, Any], problem: str) -> None:
    """Raises BadFile at the first of the rows, if there is one."""
    if len(rows):
        raise BadFile(path, f"{_row(int(rows[0]))}{problem}", column=column)


def _clause(error: Exception) -> str:
    told = str(error)
    return f"breaks a rule: {told[0].lower()}{told[1:].rstrip('.')}"


def _row(row: int | None) -> str:
    return f"row {row} (counted from 0) " if row is not None else ""


def _read_table(path: str) -> tuple[Any, dict[str, str]]:
    import pyarrow
    import pyarrow.parquet

    try:
        places = _find_columns(path, pyarrow.parquet.read_schema(path).names)
        table = pyarrow.parquet.read_table(path, columns=list(places.values()))
    except (pyarrow.ArrowException, OSError) as error:
        told = " ".join(str(error).split())[:200].rstrip(".")
        raise BadFile(path, f"is not a readable Parquet file: {told}") from error
    if table.num_rows == 0:
        raise BadFile(path, "there is no vote in it")
    return table, places


def _find_columns(path: str, names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for role, known in COLUMN_NAMES.items():
        matches = [name for name in names if name in known]
        if len(matches) > 1:
            raise BadFile(path, f"the columns {' and '.join(matches)} mean the same; keep one")
        if matches:
            found[ROLE_NAMES[role]] = matches[0]
    for role_name in ("story", "reader", "vote"):
        if role_name not in found:
            raise BadFile(path, f"the column is missing; the file has {', '.join(names)[:200]}", column=role_name)
    return found


def _check_column(path: str, name: str, role: str, column: Any) -> None:
    import pyarrow

    kind = column.type.value_type if pyarrow.types.is_dictionary(column.type) else column.type
    is_text = pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)
    is_number = pyarrow.types.is_integer(kind)
    is_loose = is_number or pyarrow.types.is_floating(kind) or pyarrow.types.is_boolean(kind)
    is_moment = pyarrow.types.is_timestamp(kind) or pyarrow.types.is_date(kind)
    fits, wanted = {
        "story": (is_text or is_number, "text or whole numbers"),
        "reader": (is_text or is_number, "text or whole numbers"),
        "vote": (is_text or is_loose, "1 and 0, or real and fake"),
        "time": (is_moment or is_loose, "timestamps, or whole milliseconds since 1970"),
        "tier": (is_loose, "whole numbers from 0 to 255"),
    }[role]
    if not fits:
        raise BadFile(path, f"holds {column.type}, must hold {wanted}", column=name)
    if column.null_count:
        empty = np.flatnonzero(column.is_null().to_numpy())
        raise_at(path, name, empty, "is empty")


def _dictionary(column: Any) -> tuple[Any, Any]:
    """Distinct ids, and each row's place among them."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    return encoded.dictionary.to_numpy(zero_copy_only=False), encoded.indices.to_numpy(zero_copy_only=False)


def _rows_of(ids: Any, place: Any, wanted: object) -> np.ndarray[Any, Any]:
    """The rows that hold this id."""
    same = [number for number, name in enumerate(ids.tolist()) if str(name) == str(wanted)]
    return np.flatnonzero(np.isin(place, same))


def _votes(path: str, name: str, column: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type)):
        return column.to_numpy()
    words, place = _dictionary(column)
    for word in words.tolist():
        if word.strip().lower() not in WORDS:
            shown = f"is {word[:40]!r}, neither 1 (real) nor 0 (fake)"
            raise_at(path, name, _rows_of(words, place, word), shown)
    return np.array([WORDS[word.strip().lower()] for word in words.tolist()], dtype=np.int64)[place]


def _milliseconds(column: Any) -> Any:
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) or pyarrow.types.is_date(column.type):
        column = column.cast(pyarrow.timestamp("ms"), safe=False).cast(pyarrow.int64())
    return column.to_numpy()
