"""What stands on the desk's first page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from wagtail.admin.ui.components import Component

from touchstone.stories.queries import desk_board


class DeskBoardPanel(Component):
    """On the desk's first page: waiting, scheduled, flagged stories."""

    name = "desk_board"
    template_name = "stories/desk/board.html"
    order = 100

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The board as of now."""
        at = timezone.now()
        return {**super().get_context_data(parent_context), "board": desk_board(at), "at": at}
