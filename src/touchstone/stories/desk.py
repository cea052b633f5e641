"""What stands on the desk's first page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from wagtail.admin.ui.components import Component

from touchstone.stories.queries import desk_board, open_alarms

MOST_ALARMS = 10


class DeskBoardPanel(Component):
    """On the desk's first page: waiting, scheduled, flagged stories."""

    name = "desk_board"
    template_name = "stories/desk/board.html"
    order = 100

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The board as of now."""
        at = timezone.now()
        return {**super().get_context_data(parent_context), "board": desk_board(at), "at": at}


class AlarmsPanel(Component):
    """On the desk's first page, above everything: stories to check because a price moved around them."""

    name = "move_alarms"
    template_name = "stories/desk/alarms_panel.html"
    order = 50

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The newest open alarms; the panel is empty without any."""
        alarms = list(open_alarms()[:MOST_ALARMS])
        return {**super().get_context_data(parent_context), "alarms": alarms, "at": timezone.now()}
