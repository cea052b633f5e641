"""Correct a published story in public."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.log_actions import log

from touchstone.readers.models import User
from touchstone.stories.errors import EmptyCorrection, NothingCorrected, StoryNotLive
from touchstone.stories.models import Correction, StoryPage
from touchstone.stories.wording import hash_wording, write_wording


@transaction.atomic
def correct_story(*, story: StoryPage, text: str, editor: User | None, at: datetime) -> Correction:
    """Publish a story whose wording was changed in memory and say what was wrong, bound to the new version.

    Raises StoryNotLive, EmptyCorrection, NothingCorrected or StoryNotReady; then nothing is published.
    """
    if not story.live:
        raise StoryNotLive(story_id=story.pk)
    if not text.strip():
        raise EmptyCorrection(story_id=story.pk)
    newest = story.versions.order_by("-number").first()
    if newest is not None and newest.sha256 == hash_wording(write_wording(story)):
        raise NothingCorrected(story_id=story.pk)
    revision = story.save_revision(user=editor, log_action=True)
    story.publish(revision, user=editor)
    version = story.versions.order_by("-number")[0]
    log(instance=story, action="stories.correct", user=editor, data={"text": text.strip()})
    return Correction.objects.create(story=story, version=version, text=text.strip(), at=at, editor=editor)
