"""What the desk offers beyond Wagtail's own."""

from __future__ import annotations

from typing import Any

from wagtail import hooks

LOGGED = {
    "stories.market_moving.raise": ("Raise market-moving flag", "Raised the market-moving flag"),
    "stories.market_moving.confirm": ("Confirm market-moving flag", "Confirmed the market-moving flag"),
    "stories.market_moving.lower": ("Lower market-moving flag", "Took the market-moving flag down"),
    "stories.correct": ("Correct", "Corrected in public"),
}


@hooks.register("register_log_actions")
def register_story_actions(actions: Any) -> None:
    """Let a story's history tell of flags and corrections."""
    for name, (label, message) in LOGGED.items():
        actions.register_action(name, label, message)
