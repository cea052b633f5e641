"""Files for browsers and other programs: styles, scripts, icon, manifest, robots."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from touchstone.website import assets

FOR_EVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=60"


@require_safe
def asset(request: HttpRequest, digest: str, path: str) -> HttpResponse:
    """A style, script or picture of the site's own; an outdated address gives the present file, kept briefly."""
    found = assets.content(path)
    if found is None:
        raise Http404(f"There is no asset {path}.")
    headers = {"Cache-Control": FOR_EVER if digest == assets.digest() else BRIEFLY, "Vary": "Accept-Encoding"}
    packed = assets.compressed(path) if "gzip" in request.headers.get("Accept-Encoding", "") else None
    if packed is not None:
        found, headers["Content-Encoding"] = packed, "gzip"
    return HttpResponse(found, content_type=assets.media_type(path), headers=headers)


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
