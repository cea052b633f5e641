"""When a move calls for a check, and what an alarm tells."""

from __future__ import annotations

import pytest

from touchstone.eventstudy import Move
from touchstone.stories.alarms import Standing, calls_again, explain_move, find_doubts

VOUCHED = Standing(40, "verified", "Verified", "moderate", "Moderate")


def move(abnormal: float, *, came_before: bool = False, chance: float = 1e-9) -> Move:
    return Move(abnormal, abnormal - 0.01, abnormal + 0.01, chance, 0.0, 720.0, came_before)


def standing(**changes: object) -> Standing:
    facts = {name: getattr(VOUCHED, name) for name in VOUCHED.__slots__}
    return Standing(**{**facts, **changes})  # type: ignore[arg-type]


def test_many_votes_with_a_good_label_are_no_doubt() -> None:
    assert find_doubts(VOUCHED, few_votes=30) == []


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"votes": 0}, "no votes"),
        ({"votes": 1}, "1 vote"),
        ({"votes": 29}, "29 votes"),
        ({"confidence": "low"}, "low confidence"),
        ({"label": "gathering_votes", "label_text": "Gathering votes: 7 of 10"}, "label “Gathering votes: 7 of 10”"),
        ({"label": "contested", "label_text": "Contested"}, "label “Contested”"),
        ({"label": "under_review", "label_text": "Under review"}, "label “Under review”"),
    ],
)
def test_each_doubt_is_named(changes: dict[str, object], doubt: str) -> None:
    assert find_doubts(standing(**changes), few_votes=30) == [doubt]


def test_zero_few_votes_asks_labels_alone() -> None:
    assert find_doubts(standing(votes=0), few_votes=0) == []


@pytest.mark.parametrize(
    ("now", "is_called"),
    [
        (move(0.05), False),
        (move(0.074), False),
        (move(0.076), True),
        (move(-0.03), True),
        (move(0.2, came_before=True), False),
    ],
)
def test_what_was_dismissed_calls_again_only_when_it_clearly_grew_or_turned(now: Move, is_called: bool) -> None:
    assert calls_again(now, dismissed_pct=5.0, dismissed_before=False) is is_called


def test_a_move_after_the_story_calls_again_where_only_the_one_before_was_dismissed() -> None:
    assert calls_again(move(0.03), dismissed_pct=5.0, dismissed_before=True)
    assert not calls_again(move(0.05, came_before=True), dismissed_pct=5.0, dismissed_before=True)


def test_the_reason_is_plain_and_gives_its_figures() -> None:
    assert explain_move("FET", move(-0.062), ["3 votes", "low confidence"]) == (
        "FET fell 6.2 % more than usual in the 12 minutes after publication (95 % interval 5.2 to 7.2 %); "
        "noise alone does that for less than one in 1,000,000 stories. "
        "Readers do not vouch for the story yet: 3 votes, low confidence."
    )
    assert "for 0.4 % of stories" not in explain_move("FET", move(0.05, chance=0.004), ["no votes"])
    assert "less than one in 100 stories" in explain_move("FET", move(0.05, chance=0.004), ["no votes"])
