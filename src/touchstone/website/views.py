"""Pages that are not Wagtail pages."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.website import assets
from touchstone.website.queries import lists

FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"
LONGEST_QUERY = 200


@require_safe
def asset(request: HttpRequest, digest: str, path: str) -> HttpResponse:
    """A style, script or picture of the site's own; an outdated address gives the present file, kept briefly."""
    found = assets.content(path)
    if found is None:
        raise Http404(f"There is no asset {path}.")
    headers = {"Cache-Control": FOR_EVER if digest == assets.digest() else BRIEFLY, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        found, headers["Content-Encoding"] = assets.compressed(path) or found, "gzip"
    return HttpResponse(found, content_type=assets.media_type(path), headers=headers)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Stories that hold any of the words that a reader typed."""
    words = " ".join(request.GET.get("q", "").split())[:LONGEST_QUERY]
    page, listed = lists.search_list(words, request.GET.get("page", "1"), timezone.now())
    return render(request, "website/search.html", {"words": words, "page": page, "teasers": listed})
