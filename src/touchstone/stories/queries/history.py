"""Reads of what a story said before and what was corrected."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from touchstone.statements import prepared
from touchstone.stories.models import Correction, StoryPage, StoryVersion
from touchstone.stories.wording import DiffLine, diff_wordings


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What changed from one published wording to a later one."""

    old: StoryVersion
    new: StoryVersion
    lines: list[DiffLine]

    @property
    def changes(self) -> int:
        """How many paragraphs differ."""
        return sum(line.kind != "same" for line in self.lines)


@prepared
def _newest_version(story: int) -> QuerySet[StoryVersion]:
    return StoryVersion.objects.filter(story=story).defer("text").order_by("-number")[:1]


@prepared
def _corrections(story: int) -> QuerySet[Correction]:
    mended = Correction.objects.filter(story=story).select_related("version").defer("version__text")
    return mended.order_by("-at")


def versions_of(story: StoryPage) -> list[StoryVersion]:
    """Every published wording of a story with its corrections, newest first."""
    return list(story.versions.prefetch_related("corrections").order_by("-number"))


def version_of(story: StoryPage, number: int) -> StoryVersion | None:
    """The published wording with that number, or None."""
    return story.versions.filter(number=number).first()


def current_version(story: StoryPage) -> StoryVersion | None:
    """The wording that readers see now; None before the first publication."""
    return next(iter(_newest_version(story.pk)), None)


def diff_versions(old: StoryVersion, new: StoryVersion) -> VersionDiff:
    """What changed between two wordings of one story, whichever is named first."""
    if old.number > new.number:
        old, new = new, old
    return VersionDiff(old, new, diff_wordings(old.text, new.text))


def corrections_of(story: StoryPage) -> list[Correction]:
    """The corrections of a story, newest first, each with the version that mended it."""
    return _corrections(story.pk)


def recent_corrections(limit: int = 20) -> list[Correction]:
    """The newest corrections of all live stories."""
    return list(Correction.objects.filter(story__live=True).select_related("version", "story").order_by("-at")[:limit])
