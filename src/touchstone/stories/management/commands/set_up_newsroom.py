"""`set_up_newsroom`: sections, groups and the moderation workflow of an empty newsroom."""

from typing import Any

from django.core.management.base import BaseCommand

from touchstone.stories.actions import set_up_newsroom


class Command(BaseCommand):
    """Make what a newsroom needs to start; what is there already is left alone."""

    help = "Make sections, groups and the moderation workflow; safe to run at any time."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do it and say so."""
        set_up_newsroom()
        self.stdout.write("The newsroom has its sections, groups and workflow.")
