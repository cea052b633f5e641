"""What stories are: pages, their versions and corrections, and alarms about prices that moved around them."""

from touchstone.stories.models.alarms import AlarmEvent, MoveAlarm
from touchstone.stories.models.pages import (
    AuthorIndexPage,
    AuthorPage,
    Byline,
    Correction,
    EditorialReview,
    HomePage,
    MarketMovingFlag,
    NewsImage,
    NewsRendition,
    PublicationPrice,
    RelatedStory,
    SectionPage,
    Size,
    StoryPage,
    StoryTag,
    StoryVersion,
)

__all__ = [
    "AlarmEvent",
    "AuthorIndexPage",
    "AuthorPage",
    "Byline",
    "Correction",
    "EditorialReview",
    "HomePage",
    "MarketMovingFlag",
    "MoveAlarm",
    "NewsImage",
    "NewsRendition",
    "PublicationPrice",
    "RelatedStory",
    "SectionPage",
    "Size",
    "StoryPage",
    "StoryTag",
    "StoryVersion",
]
