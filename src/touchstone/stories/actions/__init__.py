"""Writes of stories: publish, correct, flag, alarm, set up the newsroom."""

from touchstone.stories.actions.alarms import dismiss_alarm, report_move
from touchstone.stories.actions.corrections import correct_story
from touchstone.stories.actions.demo import (
    PlantedStory,
    ResolutionPlan,
    demo_panel,
    plant_demo_markets,
    plant_demo_staff,
    plant_demo_stories,
)
from touchstone.stories.actions.flags import (
    confirm_market_moving,
    lower_market_moving,
    raise_market_moving,
)
from touchstone.stories.actions.newsroom import set_up_newsroom
from touchstone.stories.actions.publication import (
    DuePublications,
    publish_due,
    record_publication,
)
from touchstone.stories.actions.related import refresh_related_stories, refresh_related_stories_when_due

__all__ = [
    "DuePublications",
    "PlantedStory",
    "ResolutionPlan",
    "confirm_market_moving",
    "correct_story",
    "demo_panel",
    "dismiss_alarm",
    "lower_market_moving",
    "plant_demo_markets",
    "plant_demo_staff",
    "plant_demo_stories",
    "publish_due",
    "raise_market_moving",
    "record_publication",
    "refresh_related_stories",
    "refresh_related_stories_when_due",
    "report_move",
    "set_up_newsroom",
]
