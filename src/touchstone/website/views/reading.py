"""Pages for readers beside stories: search, versions, corrections, about."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.stories import queries as stories
from touchstone.stories.models import StoryPage
from touchstone.website.places import page_number
from touchstone.website.queries import lists

LONGEST_QUERY = 200


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Stories that hold any of the words that a reader typed."""
    words = " ".join(request.GET.get("q", "").split())[:LONGEST_QUERY]
    found = lists.search_list(words, page_number(request), timezone.now())
    return render(request, "website/search.html", {"words": words, "found": found})


@require_safe
def versions(request: HttpRequest, story_id: int) -> HttpResponse:
    """Every published wording of a story."""
    story = _story(story_id)
    return render(request, "stories/versions.html", {"story": story, "versions": stories.versions_of(story)})


@require_safe
def changes(request: HttpRequest, story_id: str, first: str, second: str) -> HttpResponse:
    """What changed between two published wordings of a story."""
    story = _story(int(story_id))
    old, new = stories.version_of(story, int(first)), stories.version_of(story, int(second))
    if old is None or new is None:
        missing = first if old is None else second
        raise Http404(f"This story has no version {missing}.")
    return render(request, "stories/changes.html", {"story": story, "diff": stories.diff_versions(old, new)})


@require_safe
def corrections(request: HttpRequest) -> HttpResponse:
    """The newest corrections and the rules for them."""
    return render(request, "website/corrections.html", {"corrections": stories.recent_corrections()})


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who runs this and by which rules."""
    return render(request, "website/about.html")


@require_safe
def open_data(request: HttpRequest) -> HttpResponse:
    """What programs can take from this site, and where."""
    return render(request, "website/open_data.html")


def _story(story_id: int) -> StoryPage:
    story = stories.story_by_id(story_id)
    if story is None:
        raise Http404(f"There is no published story {story_id}.")
    return story
