"""What can go wrong in stories; each class is one thing the caller can act on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


class StoriesError(Exception):
    """Root of all errors of this package."""


class StoryNotReady(StoriesError):
    """A story cannot come out because something in it is missing or wrong."""

    def __init__(self, *, headline: str, problems: Sequence[str]) -> None:
        self.headline, self.problems = headline, tuple(problems)
        super().__init__(f"“{headline}” cannot be published yet. {' '.join(self.problems)}")


class StoryNotLive(StoriesError):
    """Only a story that readers can see can be corrected or flagged."""

    def __init__(self, *, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(f"Story {story_id} is not published. Publish it first.")


class NothingCorrected(StoriesError):
    """A correction has to change the wording."""

    def __init__(self, *, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(
            f"The wording of story {story_id} is the same as before. Change the sentence that was wrong, then correct."
        )


class EmptyCorrection(StoriesError):
    """A correction has to say what was wrong."""

    def __init__(self, *, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(f"The correction of story {story_id} is empty. Say in one sentence what was wrong.")


class FlagNotRaised(StoriesError):
    """A market-moving flag has to be raised before it can be confirmed or lowered."""

    def __init__(self, *, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(f"Nobody has raised the market-moving flag of story {story_id}. Raise it first.")


class SecondEditorNeeded(StoriesError):
    """The editor who raised a flag cannot confirm it."""

    def __init__(self, *, story_id: int) -> None:
        self.story_id = story_id
        super().__init__(f"You raised the market-moving flag of story {story_id}. Ask another editor to confirm it.")


class BadCursor(StoriesError):
    """The place to go on reading from is not one that we gave out."""

    def __init__(self, *, cursor: str) -> None:
        self.cursor = cursor[:80]
        super().__init__(f"The cursor {self.cursor!r} is not known. Take it unchanged from `next`, or leave it out.")


class DemoTextUnreadable(StoriesError):
    """A file of the demo newsroom breaks the rules of its form."""

    def __init__(self, *, file: str, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(f"Demo story {file}: {problem}.")


class EmptyFinding(StoriesError):
    """Whoever dismisses an alarm has to say what they found."""

    def __init__(self, *, alarm_id: int) -> None:
        self.alarm_id = alarm_id
        super().__init__("Say in a sentence what you found; it stays in the alarm's history.")


class AlarmAlreadyDismissed(StoriesError):
    """Somebody else has dealt with the alarm."""

    def __init__(self, *, alarm_id: int, by: str, at: datetime) -> None:
        self.alarm_id, self.by, self.at = alarm_id, by, at
        super().__init__(f"{by} dismissed this alarm on {at:%-d %b %Y at %H:%M} UTC. Read below what was found.")
