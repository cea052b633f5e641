"""What the desk offers beyond Wagtail's own, and what it leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button

from touchstone.readers.queries import is_editor
from touchstone.stories.desk import AlarmsPanel, DeskBoardPanel
from touchstone.stories.models import StoryPage
from touchstone.stories.queries import alarm_count
from touchstone.stories.urls import urlpatterns

LOGGED = {
    "stories.market_moving.raise": ("Raise market-moving flag", "Raised the market-moving flag"),
    "stories.market_moving.confirm": ("Confirm market-moving flag", "Confirmed the market-moving flag"),
    "stories.market_moving.lower": ("Lower market-moving flag", "Took the market-moving flag down"),
    "stories.correct": ("Correct", "Corrected in public"),
    "stories.alarm.raise": ("Raise alarm", "A price moved around the story"),
    "stories.alarm.dismiss": ("Dismiss alarm", "Dismissed the alarm about a price"),
}


@hooks.register("register_log_actions")
def register_story_actions(actions: Any) -> None:
    """Let a story's history tell of flags, corrections and alarms."""
    for name, (label, message) in LOGGED.items():
        actions.register_action(name, label, message)


HIDDEN_MENU_ITEMS = {"documents", "help", "forms"}


@hooks.register("register_admin_urls")
def register_desk_pages() -> list[Any]:
    """Put our pages below the desk, behind its sign-in."""
    return urlpatterns


@hooks.register("register_page_header_buttons")
def offer_story_buttons(page: Any, user: Any, **_: Any) -> Iterator[Button]:
    """In the menu beside a story's headline: correct it, handle its flag."""
    if not isinstance(page, StoryPage) or not page.permissions_for_user(user).can_publish():
        return
    if page.live:
        yield Button("Correct", reverse("stories_correct", args=[page.pk]), icon_name="edit", priority=12)
    flag = reverse("stories_market_moving", args=[page.pk])
    yield Button("Market-moving flag", flag, icon_name="warning", priority=13)


@hooks.register("construct_homepage_panels")
def show_board(request: HttpRequest, panels: list[Any]) -> None:
    """Put what editors watch on top of the desk's first page."""
    panels.append(DeskBoardPanel())
    if is_editor(request.user):
        panels.append(AlarmsPanel())


class AlarmsMenuItem(MenuItem):
    """The desk's way to the alarms, with how many are open, for those who may deal with them."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Whether this person sees the item."""
        return is_editor(request.user)

    def render_component(self, request: HttpRequest) -> Any:
        """The item with the present count; Wagtail keeps the item itself for all requests."""
        component = super().render_component(request)
        if count := alarm_count():
            component.label = f"{self.label} ({count})"
        return component


@hooks.register("register_admin_menu_item")
def alarms_menu_item() -> MenuItem:
    """The menu item "Alarms"."""
    return AlarmsMenuItem("Alarms", reverse("stories_alarms"), name="alarms", icon_name="warning", order=290)


@hooks.register("construct_homepage_summary_items", order=1000)
def hide_counts(_request: HttpRequest, items: list[Any]) -> None:
    """Leave out how many pages and documents there are: no editor needs it."""
    items.clear()


@hooks.register("construct_main_menu", order=1000)
def hide_unused_menu_items(_request: HttpRequest, items: list[Any]) -> None:
    """Leave out what this newsroom has no use for."""
    items[:] = [item for item in items if item.name not in HIDDEN_MENU_ITEMS]


@hooks.register("insert_global_admin_css")
def add_desk_styles() -> str:
    """The desk's own few styles."""
    return format_html('<link rel="stylesheet" href="{}">', static("stories/desk.css"))
