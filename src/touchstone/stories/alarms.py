"""When a move calls for a check: readers do not vouch for the story, and nobody has dealt with the move yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from touchstone.eventstudy import Move

DOUBTFUL_LABELS = frozenset({"gathering_votes", "mixed_opinions", "contested", "highly_contested", "under_review"})
# How many times the move that was dismissed one has to be before it calls again.
CLEARLY_GROWN = 1.5
MINUS = "−"


@dataclass(frozen=True, slots=True)
class Standing:
    """What readers make of a story, as the trust figures have it.

    label, confidence           : as the engine names them, such as "gathering_votes" and "low"
    label_text, confidence_text : as readers see them
    """

    votes: int
    label: str
    label_text: str
    confidence: str
    confidence_text: str


def find_doubts(standing: Standing, *, few_votes: int) -> list[str]:
    """Why readers do not vouch for a story, in a few words each; empty if they do.

    few_votes : fewer votes than this are a doubt by themselves
    """
    doubts = []
    if standing.votes < few_votes:
        doubts.append(
            "no votes" if not standing.votes else "1 vote" if standing.votes == 1 else f"{standing.votes} votes"
        )
    if standing.confidence == "low":
        doubts.append("low confidence")
    if standing.label in DOUBTFUL_LABELS:
        doubts.append(f"label “{standing.label_text}”")
    return doubts


def calls_again(move: Move, *, dismissed_pct: float, dismissed_before: bool) -> bool:
    """Whether a move is more than what was dismissed: it has clearly grown, turned round, or goes on after the story.

    dismissed_pct    : the abnormal return that was dismissed, per cent
    dismissed_before : whether that had happened before the story came out
    """
    if move.came_before != dismissed_before:
        return dismissed_before
    now_pct = 100 * move.abnormal
    return now_pct * dismissed_pct < 0 or abs(now_pct) >= CLEARLY_GROWN * abs(dismissed_pct)


def explain_move(symbol: str, move: Move, doubts: list[str]) -> str:
    """The reason for an alarm in two plain sentences."""
    way = "rose" if move.abnormal > 0 else "fell"
    when = "before" if move.came_before else "after"
    length = _length(timedelta(seconds=move.end_s - move.start_s))
    low, high = sorted((abs(move.low), abs(move.high)))
    return (
        f"{symbol} {way} {abs(100 * move.abnormal):.1f} % more than usual in the {length} {when} publication "
        f"(95 % interval {100 * low:.1f} to {100 * high:.1f} %); noise alone does that {_odds(move.chance)}. "
        f"Readers do not vouch for the story yet: {', '.join(doubts)}."
    )


def _odds(chance: float) -> str:
    for times in (1_000_000, 100_000, 10_000, 1_000, 100):
        if chance * times <= 1.0:
            return f"for less than one in {times:,} stories"
    return f"for {100 * chance:.1f} % of stories"


def _length(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} minutes" if minutes != 1 else "minute"
    return f"{span.total_seconds() / 3600:.3g} hours"
