"""Panels of the story's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wagtail.admin.panels import Panel


class ReadinessPanel(Panel):
    """Lists, on top of a saved story's form, what it needs before it can come out."""

    class BoundPanel(Panel.BoundPanel):
        """The list for one story."""

        template_name = "stories/desk/readiness.html"

        def is_shown(self) -> bool:
            """Only where something is missing in what was saved."""
            return bool(self.instance.pk and self._problems())

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            """The problems for the template."""
            return {**super().get_context_data(parent_context), "problems": self._problems()}

        def _problems(self) -> list[Any]:
            return self.instance.problems()


class AlarmPanel(Panel):
    """Says, on top of a story's form, that a price moved around it and that somebody should check it."""

    class BoundPanel(Panel.BoundPanel):
        """The open alarms of one story."""

        template_name = "stories/desk/story_alarms.html"

        def is_shown(self) -> bool:
            """Only where an alarm is open."""
            return bool(self.instance.pk and self._alarms())

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            """The alarms for the template."""
            return {**super().get_context_data(parent_context), "alarms": self._alarms()}

        def _alarms(self) -> list[Any]:
            return [alarm for alarm in self.instance.move_alarms.select_related("instrument") if alarm.is_open]
