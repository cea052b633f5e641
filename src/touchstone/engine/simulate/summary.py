"""Sums the outcomes of many seeds up to one row per attack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from touchstone.engine.simulate.measure import Outcome

COUNTED = (
    "targets",
    "guarded",
    "flipped",
    "planted",
    "lost",
    "silenced",
    "collateral",
    "majority_flipped",
    "majority_lost",
    "bridging_flipped",
    "bridging_lost",
)
AVERAGED = ("shift", "accounts", "account_days", "correct_votes", "cost")
Row = dict[str, float]


def summarise(outcomes: Iterable[tuple[str, int, Outcome]]) -> dict[str, Row]:
    """By attack: counts added over the seeds, shift, effort and cost averaged, voices at most, seeds counted."""
    by_name: dict[str, list[Outcome]] = {}
    for name, _, outcome in outcomes:
        by_name.setdefault(name, []).append(outcome)
    return {name: _row(runs) for name, runs in by_name.items()}


def _row(runs: Sequence[Outcome]) -> Row:
    row: Row = {"seeds": len(runs)}
    row |= {name: sum(getattr(run, name) for run in runs) for name in COUNTED}
    row |= {name: round(sum(getattr(run, name) for run in runs) / len(runs), 2) for name in AVERAGED}
    row["voices"] = max(run.voices for run in runs)
    row["earned_same"] = int(all(run.earned_same for run in runs))
    return row
