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
