"""Tags of the story page."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.conf import settings
from django.template import RequestContext
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from touchstone.stories.models import Correction, StoryPage, StoryVersion
from touchstone.website import prose, structured
from touchstone.website.queries import story as story_queries

register = template.Library()
VIEW = "touchstone.story_view"
register.filter("story_text", prose.story_text)
register.filter("rich_text", prose.rich_text)
UNSAFE = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def story_view(context: RequestContext, page: StoryPage) -> story_queries.StoryView:
    """Everything that the story's page shows beside its own text, gathered once per page."""
    kept = context.render_context
    if VIEW not in kept:
        kept[VIEW] = story_queries.story_view(page, timezone.now())
    found: story_queries.StoryView = kept[VIEW]
    return found


@register.filter
def change_address(correction: Correction) -> str:
    """Where to see what the correction changed."""
    number = correction.version.number
    return f"/stories/{correction.story_id}/versions/{number - 1}..{number}/"


@register.filter
def change_from_before(version: StoryVersion) -> str:
    """Where to see what a version changed in the one before it."""
    return f"/stories/{version.story_id}/versions/{version.number - 1}..{version.number}/"


@register.simple_tag
def structured_data(view: story_queries.StoryView) -> SafeString:
    """The story, and its questions if it has any, as JSON-LD data blocks."""
    documents: list[dict[str, Any]] = [
        structured.news_article(view, str(settings.SITE_ORIGIN), str(settings.SITE_NAME))
    ]
    if view.story.questions:
        documents.append(structured.questions(view.story))
    return mark_safe("\n".join(_data_block(document) for document in documents))  # noqa: S308


def _data_block(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False).translate(UNSAFE)
    return f'<script type="application/ld+json">{text}</script>'
