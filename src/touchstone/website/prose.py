"""A story's text as HTML; parts that depend on nothing but their own words are made once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from wagtail.rich_text import expand_db_html

from touchstone.stories.models import StoryPage

# Rich text with one of these names a page, document or picture, whose address may change without the text.
REFERENCES = ("linktype=", "<embed")
WORDS_ONLY = frozenset({"paragraph", "subhead", "quote"})
PARTS_KEPT = 4_000


def story_text(story: StoryPage, field: str) -> SafeString:
    """All parts of a story's text, one after the other; the field is body or what_this_means."""
    parts = (_part(story, raw["type"], raw["value"]) for raw in getattr(story, field).raw_data)
    return mark_safe("".join(parts))  # noqa: S308 - each part was escaped by its template


def rich_text(source: str) -> SafeString:
    """Rich text as it is stored, made ready for readers."""
    return _kept_rich_text(source) if _is_kept(source) else _rich_text(source)


def _part(story: StoryPage, kind: str, value: Any) -> str:
    if kind not in WORDS_ONLY:
        shown = {**value, "image": story.pictures.get(value["image"])} if value.get("image") else value
        return render_to_string(f"stories/blocks/{kind}.html", {"value": shown})
    words = tuple(sorted(value.items())) if isinstance(value, dict) else value
    return _kept_part(kind, words) if _is_kept(value) else _render(kind, words)


def _is_kept(value: Any) -> bool:
    """Whether the HTML follows from the words alone; while developing it also follows from templates."""
    return not settings.DEBUG and not (isinstance(value, str) and any(each in value for each in REFERENCES))


@lru_cache(maxsize=PARTS_KEPT)
def _kept_part(kind: str, words: Any) -> str:
    return _render(kind, words)


def _render(kind: str, words: Any) -> str:
    value = dict(words) if isinstance(words, tuple) else words
    return render_to_string(f"stories/blocks/{kind}.html", {"value": value})


@lru_cache(maxsize=PARTS_KEPT)
def _kept_rich_text(source: str) -> SafeString:
    return _rich_text(source)


def _rich_text(source: str) -> SafeString:
    return mark_safe(expand_db_html(source))  # noqa: S308 - the desk has cleaned it
