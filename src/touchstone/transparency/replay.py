"""Replay a log's entries: who voted what when, and whether every published index follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from .audit import LogEntry
from .encoding import Json
from .entries import payload_fields
from .errors import HistoryInvalid, IndexMismatch, Malformed, OpeningsWithheld

Fields = Mapping[str, Json]
Scorer = Callable[[Fields], Mapping[str, object]]
"""From an index row (story, real, fake and its basis) to the figures it must have published."""

CHOICES = ("real", "fake")


@dataclass(slots=True)
class Tally:
    """Standing votes of one story by pseudonym, and how many it has of each choice."""

    votes: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHOICES, 0))


@dataclass(slots=True)
class Replayed:
    """What a replay found; `beyond` counts index rows that later openings will let one check."""

    entries: int = 0
    votes: int = 0
    rows: int = 0
    beyond: int = 0
    erased: int = 0
    modulo_erasures: int = 0
    engines: list[str] = field(default_factory=list)
    tallies: dict[int, Tally] = field(default_factory=dict)


def published_figures(fields: Mapping[str, object]) -> dict[str, Json]:
    """An engine's figures as an index entry holds them: fractions as the shortest decimal text that reads back to
    the same bits (Python's repr), all else unchanged.

    Example: {"index": 88.88888888888889, "label": "verified"} gives {"index": "88.88888888888889", …}.
    """
    return {name: _published(value) for name, value in fields.items()}


def replay(entries: Iterable[LogEntry], *, score: Scorer) -> Replayed:
    """Run through all entries in order, log after log, and recompute every published index row.

    Raises HistoryInvalid, IndexMismatch, OpeningsWithheld.
    """
    known = list(entries)
    erasures = [erasure for entry in known if entry.leaf.kind == "erase" for erasure in _erasures(entry)]
    _require_accounted(known)
    run = _Replay(erasures, score=score)
    for entry in known:
        run.take(entry)
    return run.found


class _Replay:
    """State of one replay."""

    def __init__(self, erasures: list[tuple[int, int]], *, score: Scorer) -> None:
        self.found = Replayed()
        self._has_gap = False  # a vote is not published yet: counts can no longer be told
        self._score = score
        self._versions: dict[int, set[str]] = {}
        self._slack: dict[int, int] = {}  # erased readers that each story still has ahead of it
        for story, readers in erasures:
            self._slack[story] = self._slack.get(story, 0) + readers
        self._takers = {
            "register": self._register,
            "vote": self._vote,
            "revote": self._revote,
            "retract": self._retract,
            "params": self._params,
            "index": self._index,
            "erase": self._erase,
        }

    def take(self, entry: LogEntry) -> None:
        """Take in the next entry."""
        self.found.entries += 1
        if entry.opening is None:
            self._has_gap = self._has_gap or not entry.is_due
            return
        taker = self._takers.get(entry.leaf.kind)
        if taker is None:
            return
        try:
            taker(entry.index, payload_fields(entry.opening.payload))
        except (KeyError, TypeError, Malformed) as err:
            raise HistoryInvalid(index=entry.index, reason=f"its payload lacks or misuses a member ({err})") from err

    def _register(self, _index: int, payload: Fields) -> None:
        if payload["subject"] == "version":
            self._versions.setdefault(_whole(payload, "story"), set()).add(_text(payload, "version"))

    def _vote(self, index: int, payload: Fields) -> None:
        tally = self._tally(payload)
        self._require(index, _text(payload, "reader") not in tally.votes, "this reader already has a vote here")
        self._place(index, tally, payload)

    def _revote(self, index: int, payload: Fields) -> None:
        tally = self._tally(payload)
        self._require(index, _text(payload, "reader") in tally.votes, "this reader has no vote to change")
        self._withdraw(tally, _text(payload, "reader"))
        self._place(index, tally, payload)

    def _retract(self, index: int, payload: Fields) -> None:
        tally = self._tally(payload)
        self._require(index, _text(payload, "reader") in tally.votes, "this reader has no vote to take back")
        self._withdraw(tally, _text(payload, "reader"))

    def _place(self, index: int, tally: Tally, payload: Fields) -> None:
        choice, versions = _text(payload, "choice"), self._versions.get(_whole(payload, "story"))
        self._require(index, choice in CHOICES, f"{choice[:20]!r} is no choice")
        is_registered = versions is None or _text(payload, "version") in versions
        self._require(index, is_registered, "the story version voted on was never registered")
        tally.votes[_text(payload, "reader")] = choice
        tally.counts[choice] += 1
        self.found.votes += 1

    def _withdraw(self, tally: Tally, reader: str) -> None:
        tally.counts[tally.votes.pop(reader)] -= 1

    def _params(self, _index: int, payload: Fields) -> None:
        self.found.engines.append(_text(payload, "engine"))

    def _erase(self, _index: int, payload: Fields) -> None:
        self.found.erased += _whole(payload, "entries")
        for row in _rows(payload, "stories"):
            self._slack[_whole(row, "story")] -= _whole(row, "readers")

    def _index(self, index: int, payload: Fields) -> None:
        for row in _rows(payload, "rows"):
            if self._has_gap:
                self.found.beyond += 1
            else:
                self._require_tally(index, row)
            self._require_figures(index, row)
            self.found.rows += 1

    def _require_tally(self, index: int, row: Fields) -> None:
        story = _whole(row, "story")
        counts = self.found.tallies[story].counts if story in self.found.tallies else dict.fromkeys(CHOICES, 0)
        surplus = {choice: _whole(row, choice) - counts[choice] for choice in CHOICES}
        for choice, extra in surplus.items():
            if extra < 0 or sum(surplus.values()) > self._slack.get(story, 0):
                raise IndexMismatch(
                    index=index, story=story, field=choice, published=str(row[choice]), recomputed=str(counts[choice])
                )
        self.found.modulo_erasures += any(surplus.values())

    def _require_figures(self, index: int, row: Fields) -> None:
        published = row["figures"]
        if not isinstance(published, dict):
            raise HistoryInvalid(index=index, reason="a row's figures are not an object")
        recomputed = published_figures(self._score(row))
        for name in sorted(set(published) | set(recomputed)):
            if name not in published or name not in recomputed or published[name] != recomputed[name]:
                raise IndexMismatch(
                    index=index,
                    story=_whole(row, "story"),
                    field=name,
                    published=str(published.get(name, "nothing")),
                    recomputed=str(recomputed.get(name, "nothing")),
                )

    def _tally(self, payload: Fields) -> Tally:
        return self.found.tallies.setdefault(_whole(payload, "story"), Tally())

    @staticmethod
    def _require(index: int, holds: bool, reason: str) -> None:
        if not holds:
            raise HistoryInvalid(index=index, reason=reason)


def _require_accounted(entries: list[LogEntry]) -> None:
    """Openings that are due and not there must be as many as erase entries say went, no more."""
    missing = [entry.index for entry in entries if entry.opening is None and entry.is_due]
    erased = sum(
        _whole(payload_fields(entry.opening.payload), "entries")
        for entry in entries
        if entry.leaf.kind == "erase" and entry.opening is not None
    )
    if len(missing) > erased:
        raise OpeningsWithheld(missing=len(missing), erased=erased, first=missing[0])


def _erasures(entry: LogEntry) -> list[tuple[int, int]]:
    """Story and number of readers for each story that an erase entry names."""
    if entry.opening is None:
        return []
    try:
        payload = payload_fields(entry.opening.payload)
        _whole(payload, "entries")
        return [(_whole(row, "story"), _whole(row, "readers")) for row in _rows(payload, "stories")]
    except (KeyError, TypeError, Malformed) as err:
        raise HistoryInvalid(index=entry.index, reason=f"its payload lacks or misuses a member ({err})") from err


def _published(value: object) -> Json:
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple | list):
        return [_published(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise Malformed(what="figures", reason=f"a {type(value).__name__} cannot be published")


def _whole(fields: Fields, name: str) -> int:
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{name} is not a whole number")
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not text")
    return value


def _rows(fields: Fields, name: str) -> list[Fields]:
    value = fields[name]
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise TypeError(f"{name} is not a list of objects")
    return cast(list[Fields], value)
