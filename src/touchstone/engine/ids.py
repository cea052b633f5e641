"""Ids of stories and readers: numbering them while votes are read, and their one canonical order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from touchstone.engine._kernels.ids import (
    LONGEST_ID,
    N_BYTES,
    N_IDS,
    PAD,
    Pool,
    add_numbers,
    add_pool,
    add_separated,
    fill_slots,
    gather_text,
)
from touchstone.engine.errors import BadId

Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Ids = Sequence[str] | Sequence[int] | npt.NDArray[np.generic]
T = TypeVar("T", bound=np.generic)
SHARDS = 256  # stories are cut into so many shards, by the top byte of their id's hash
_MASK = (1 << 64) - 1


def hash_id(name: str) -> int:
    """The 64-bit hash that orders ids and picks their shard, in plain arithmetic.

    The text's length in UTF-8 bytes times 0x9E3779B97F4A7C15 is mixed; then each eight bytes, little-endian, the last
    padded with zeros, are mixed in by exclusive or. Source: docs/explanation/determinism.md.
    """
    text = name.encode()
    total = _mix(len(text) * 0x9E3779B97F4A7C15 & _MASK)
    for start in range(0, len(text), 8):
        total = _mix(total ^ int.from_bytes(text[start : start + 8], "little"))
    return total


def _mix(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & _MASK
    return word ^ (word >> 31)


class IdPool:
    """Numbers ids in the order in which they first appear."""

    def __init__(self, room: int = 1024) -> None:
        slots = 1 << max(8, (2 * room + 2).bit_length())
        self.pool = Pool(
            slots=np.zeros((slots, 2), dtype=np.uint64),
            hashes=np.zeros(room, dtype=np.uint64),
            starts=np.zeros(room + 1, dtype=np.int64),
            text=np.zeros(16 * room + 2 * LONGEST_ID + PAD, dtype=np.uint8),
            used=np.zeros(2, dtype=np.int64),
            of_number=np.zeros(4 * room, dtype=np.int32),
        )

    def __len__(self) -> int:
        return int(self.pool.used[N_IDS])

    def grow(self) -> None:
        """Make room where ids, slots or text are about to run out."""
        pool = self.pool
        text, hashes, starts, slots, of_number = pool.text, pool.hashes, pool.starts, pool.slots, pool.of_number
        if pool.used[N_BYTES] + LONGEST_ID + PAD > len(text):
            text = _extended(text, 2 * len(text))
        if len(self) >= len(hashes):
            hashes, starts = _extended(hashes, 2 * len(hashes)), _extended(starts, 2 * len(hashes) + 1)
            of_number = _extended(of_number, 4 * len(hashes))
        is_full = 2 * (len(self) + 1) > len(slots)
        if is_full:
            slots = np.zeros((2 * len(slots), 2), dtype=np.uint64)
        self.pool = Pool(slots, hashes, starts, text, pool.used, of_number)
        if is_full:
            fill_slots(self.pool)

    def add_all(self, ids: Ids) -> Codes:
        """Number many ids: int32, shape (n_ids,). Whole numbers count as their decimal digits. Raises BadId."""
        values = np.asarray(ids)
        if values.dtype.kind in "iu" and values.size:
            distinct, place = _distinct(values)
            return self._add_numbers(distinct)[place]
        return self._add_texts(values.tolist())

    def _add_numbers(self, numbers: Places) -> Codes:
        out = np.empty(len(numbers), dtype=np.int32)
        done = add_numbers(self.pool, numbers, 0, out)
        while done < len(numbers):
            self.grow()
            done = add_numbers(self.pool, numbers, done, out)
        return out

    def _add_texts(self, texts: Sequence[str]) -> Codes:
        joined = _join(texts)
        buffer = np.frombuffer(joined + b"\0" * PAD, dtype=np.uint8)
        out = np.empty(len(texts), dtype=np.int32)
        place, done = add_separated(self.pool, buffer, 0, len(joined), out, 0)
        while done < len(texts):
            if len(texts[done].encode()) > LONGEST_ID:
                raise BadId(texts[done])
            self.grow()
            place, done = add_separated(self.pool, buffer, place, len(joined), out, done)
        return out

    def add_pool(self, other: IdPool) -> Codes:
        """Add another pool's ids; returns the number here of each number there: int32, shape (len(other),)."""
        out = np.empty(len(other), dtype=np.int32)
        done = add_pool(self.pool, other.pool, 0, out)
        while done < len(other):
            self.grow()
            done = add_pool(self.pool, other.pool, done, out)
        return out

    def clear(self) -> None:
        """Forget all ids and free their memory."""
        self.pool = IdPool(room=1).pool

    def settle(self) -> tuple[IdTable, Codes]:
        """The ids in their canonical order, and the place there of each number here: int32, shape (len(self),)."""
        pool = self.pool
        hashes = pool.hashes[: len(self)]
        order = np.argsort(hashes, kind="stable")
        _untie(order, hashes, pool)
        starts = np.zeros(len(self) + 1, dtype=np.int64)
        text = np.zeros(int(pool.used[N_BYTES]), dtype=np.uint8)
        gather_text(pool.text, pool.starts, order, text, starts)
        place = np.empty(len(self), dtype=np.int32)
        place[order] = np.arange(len(self), dtype=np.int32)
        return IdTable(text=text, starts=starts, hashes=hashes[order]), place


def _distinct(values: npt.NDArray[np.generic]) -> tuple[Places, Places]:
    """The distinct whole numbers, ascending, and each value's place among them. Raises BadId past 63 bits."""
    if int(values.max()) > 2**63 - 1:
        raise BadId(int(values.max()))
    numbers = values.astype(np.int64, copy=False)
    least, most = int(numbers.min()), int(numbers.max())
    if most - least > 8 * len(numbers) + 1024:
        distinct, place = np.unique(numbers, return_inverse=True)
        return distinct, place
    is_there = np.zeros(most - least + 1, dtype=np.bool_)
    is_there[numbers - least] = True
    return np.flatnonzero(is_there) + least, (np.cumsum(is_there) - 1)[numbers - least]


def _join(texts: Sequence[str]) -> bytes:
    """The texts in UTF-8, each ended by a zero byte. Raises BadId for an empty one, or anything that is no text."""
    try:
        joined = "".join(f"{text}\0" for text in texts) if len(texts) < 2 else "\0".join(texts) + "\0"
        encoded = joined.encode()
    except (TypeError, UnicodeEncodeError):
        raise BadId(next(text for text in texts if not _is_text(text))) from None
    if joined.count("\0") != len(texts) or "\0\0" in joined or joined.startswith("\0"):
        raise BadId(next(text for text in texts if not _is_text(text)))
    return encoded


def _is_text(text: object) -> bool:
    if not isinstance(text, str) or not text or "\0" in text:
        return False
    return text.encode(errors="replace") == text.encode(errors="surrogatepass")


def _extended(array: npt.NDArray[T], room: int) -> npt.NDArray[T]:
    longer = np.zeros(room, dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def _untie(order: Places, hashes: Words, pool: Pool) -> None:
    """Put ids with the same hash in the order of their bytes."""
    tied = np.flatnonzero(hashes[order[1:]] == hashes[order[:-1]])
    for hash_value in np.unique(hashes[order[tied]]):
        first = np.searchsorted(hashes[order], hash_value)
        last = np.searchsorted(hashes[order], hash_value, side="right")
        run = order[first:last].tolist()
        order[first:last] = sorted(run, key=lambda i: pool.text[pool.starts[i] : pool.starts[i + 1]].tobytes())


@dataclass(frozen=True, slots=True)
class IdTable:
    """Distinct ids in canonical order: by hash, then by bytes, so that the order in which they came does not matter.

    text   : uint8, shape (n_bytes,), the ids in UTF-8, one after the other
    starts : int64, shape (n_ids + 1,), where each id starts
    hashes : uint64, shape (n_ids,), ascending
    """

    text: Bytes
    starts: Places
    hashes: Words

    def __len__(self) -> int:
        return len(self.hashes)

    def __getitem__(self, place: int) -> str:
        if not 0 <= place < len(self):
            raise IndexError(place)
        return self.text[self.starts[place] : self.starts[place + 1]].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        text, starts = self.text.tobytes(), self.starts.tolist()
        return (text[start:stop].decode() for start, stop in itertools.pairwise(starts))

    def find(self, name: str) -> int | None:
        """The id's place, None if it is not here."""
        wanted = np.uint64(hash_id(name))
        place = int(np.searchsorted(self.hashes, wanted))
        while place < len(self) and self.hashes[place] == wanted:
            if self[place] == name:
                return place
            place += 1
        return None

    def subset(self, is_kept: npt.NDArray[np.bool_]) -> IdTable:
        """The ids marked, in the same order."""
        if is_kept.all():
            return self
        order = np.flatnonzero(is_kept)
        starts = np.zeros(len(order) + 1, dtype=np.int64)
        text = np.zeros(int(np.diff(self.starts)[order].sum()), dtype=np.uint8)
        gather_text(self.text, self.starts, order, text, starts)
        return IdTable(text=text, starts=starts, hashes=self.hashes[order])

    def shard_starts(self) -> Places:
        """Where each of the 256 shards starts: int64, shape (257,); a shard is all ids whose hash has one top byte."""
        edges = np.arange(SHARDS, dtype=np.uint64) << np.uint64(56)
        return np.append(np.searchsorted(self.hashes, edges), len(self)).astype(np.int64)
