"""Pages that are not Wagtail pages."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.website import assets
from touchstone.website.places import page_number
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
    found = lists.search_list(words, page_number(request), timezone.now())
    return render(request, "website/search.html", {"words": words, "found": found})


@require_safe
def icon(_request: HttpRequest) -> HttpResponse:
    """The site's icon."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return HttpResponse(assets.content("icons/favicon.svg"), content_type="image/svg+xml", headers=headers)


@require_safe
def manifest(_request: HttpRequest) -> JsonResponse:
    """What a device needs to keep the site on its first screen."""
    described = {
        "name": settings.SITE_NAME,
        "short_name": settings.SITE_NAME,
        "start_url": "/",
        "display": "browser",
        "background_color": "#fcfcf9",
        "theme_color": "#1b2024",
        "icons": [{"src": "/favicon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """What crawlers may read: all that readers may, and no search results."""
    lines = [
        "User-agent: *",
        "Disallow: /desk/",
        "Disallow: /account/",
        "Disallow: /search/",
        f"Sitemap: {settings.SITE_ORIGIN}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
