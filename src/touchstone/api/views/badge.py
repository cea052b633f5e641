"""A story's trust as a small SVG picture for other people's pages; no script, no cookie."""

from __future__ import annotations

from html import escape

from django.http import HttpRequest, HttpResponse

from touchstone.api.errors import UnknownStory
from touchstone.api.queries import published_story
from touchstone.trust.queries import PublishedTrust, figures_of

CHARACTER_PX = 6.6
PADDING_PX = 9
HEIGHT_PX = 22
CACHE_S = 60
COLOURS = {
    "verified": "#1d6b45",
    "likely_real": "#3c6e2a",
    "mixed_opinions": "#7a5a00",
    "contested": "#9a4a12",
    "highly_contested": "#a02626",
    "gathering_votes": "#51585f",
    "under_review": "#51585f",
}


def badge(_request: HttpRequest, story_id: int) -> HttpResponse:
    """The badge of a published story; an "unknown story" badge with status 404 otherwise."""
    try:
        trust = figures_of(published_story(story_id).pk)
    except UnknownStory:
        return _picture("unknown story", COLOURS["gathering_votes"], status=404)
    return _picture(badge_text(trust), COLOURS[trust.label], status=200)


def badge_text(trust: PublishedTrust) -> str:
    """What the badge says, for example "94 % real · Verified · 16 votes"."""
    if trust.real_pct is None:
        return "no votes yet"
    noun = "vote" if trust.votes == 1 else "votes"
    return f"{trust.real_pct}\u00a0% real · {trust.label_text} · {trust.votes:,}\u00a0{noun}"


def _picture(text: str, colour: str, *, status: int) -> HttpResponse:
    title = "Community trust"
    left, right = (round(len(part) * CHARACTER_PX + 2 * PADDING_PX) for part in (title, text))
    middle = HEIGHT_PX / 2 + 4
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT_PX}" role="img" '
        f'aria-label="{escape(title)}: {escape(text)}"><title>{escape(title)}: {escape(text)}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="{HEIGHT_PX}" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{HEIGHT_PX}" fill="#22272c"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT_PX}" fill="{colour}"/></g>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="{PADDING_PX}" y="{middle}" textLength="{left - 2 * PADDING_PX}">{escape(title)}</text>'
        f'<text x="{left + PADDING_PX}" y="{middle}" textLength="{right - 2 * PADDING_PX}">{escape(text)}</text>'
        "</g></svg>"
    )
    response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8", status=status)
    response["Cache-Control"] = f"public, max-age={CACHE_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
