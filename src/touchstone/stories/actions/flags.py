"""The market-moving flag: one editor raises it, another confirms it, either takes it down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from wagtail.log_actions import log

from touchstone.readers.models import User
from touchstone.stories.errors import FlagNotRaised, SecondEditorNeeded, StoryNotLive
from touchstone.stories.models import MarketMovingFlag, StoryPage


@transaction.atomic
def raise_market_moving(*, story: StoryPage, editor: User, at: datetime) -> MarketMovingFlag:
    """Propose the flag for a story; it shows once another editor confirms it. Raising it twice changes nothing."""
    flag, is_new = MarketMovingFlag.objects.get_or_create(story=story, defaults={"raised_by": editor, "raised_at": at})
    if is_new:
        log(instance=story, action="stories.market_moving.raise", user=editor)
    return flag


@transaction.atomic
def confirm_market_moving(*, story: StoryPage, editor: User, at: datetime) -> MarketMovingFlag:
    """Let the flag show. Raises FlagNotRaised, StoryNotLive, or SecondEditorNeeded to the one who raised it."""
    flag = MarketMovingFlag.objects.select_for_update().filter(story=story).first()
    if flag is None:
        raise FlagNotRaised(story_id=story.pk)
    if not story.live:
        raise StoryNotLive(story_id=story.pk)
    if flag.raised_by_id == editor.pk:
        raise SecondEditorNeeded(story_id=story.pk)
    if flag.confirmed_by_id is None:
        flag.confirmed_by, flag.confirmed_at = editor, at
        flag.save(update_fields=["confirmed_by", "confirmed_at"])
        log(instance=story, action="stories.market_moving.confirm", user=editor)
    return flag


@transaction.atomic
def lower_market_moving(*, story: StoryPage, editor: User) -> None:
    """Take the flag down, confirmed or not. Raises FlagNotRaised."""
    gone, _ = MarketMovingFlag.objects.filter(story=story).delete()
    if not gone:
        raise FlagNotRaised(story_id=story.pk)
    log(instance=story, action="stories.market_moving.lower", user=editor)
