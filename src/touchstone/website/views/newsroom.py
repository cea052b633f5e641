"""The door to the newsroom's pages: stories, sections, authors, the front page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from wagtail.views import serve

from touchstone.stories import queries as stories


def page(request: HttpRequest, path: str) -> HttpResponse:
    """The page at a path; whatever is not simply to be read goes through Wagtail's own door with all its checks."""
    found = stories.open_page(path) if request.method in {"GET", "HEAD"} else None
    answer: HttpResponse = serve(request, path) if found is None else found.serve(request)
    return answer
