"""Tags that bring the newsroom's stories onto pages."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.utils import timezone

from touchstone.stories import queries as stories
from touchstone.stories.models import AuthorPage, NewsImage, SectionPage
from touchstone.website import assets, pictures
from touchstone.website.places import page_number
from touchstone.website.queries import lists

register = template.Library()
DESKS = [("Prices", "/markets/"), ("Trust", "/trust/")]
SIZES = {"teaser": pictures.TEASER, "lead": pictures.LEAD, "portrait": pictures.PORTRAIT}


@register.simple_tag
def asset(path: str) -> str:
    """The address of a style, script or picture of the site's own."""
    return assets.address(path)


@register.simple_tag
def typeface() -> bool:
    """Whether the paper's own typeface was cut when the environment was made."""
    return assets.is_set_in_own_type()


@register.simple_tag
def site_name() -> str:
    """The newsroom's name."""
    return str(settings.SITE_NAME)


@register.simple_tag
def site_origin() -> str:
    """The site's scheme and host, for addresses that leave the site."""
    return str(settings.SITE_ORIGIN)


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[dict[str, str]]:
    """The entries of the menu: title, address and, where the reader is, what `aria-current` says."""
    request = context.get("request")
    here = request.path if request else ""
    entries = [(title, f"/{slug}/") for title, slug in stories.section_names()]
    return [
        {"title": title, "address": address, "current": _currency(here, address)}
        for title, address in [*entries, *DESKS]
    ]


def _currency(here: str, address: str) -> str:
    if here == address:
        return "page"
    return "true" if here.startswith(address) else ""


@register.simple_tag
def front_page() -> lists.FrontPage:
    """Everything on the front page."""
    return lists.front_page(timezone.now())


@register.simple_tag(takes_context=True)
def section_list(context: dict[str, Any], section: SectionPage) -> lists.TeaserList:
    """The page of a section's stories that the address asks for."""
    return lists.section_list(section, page_number(context["request"]), timezone.now())


@register.simple_tag(takes_context=True)
def author_list(context: dict[str, Any], author: AuthorPage) -> lists.TeaserList:
    """The page of an author's stories that the address asks for."""
    return lists.author_list(author, page_number(context["request"]), timezone.now())


@register.simple_tag
def authors() -> list[AuthorPage]:
    """Every author, by name."""
    return stories.authors()


@register.simple_tag
def author_record(author: AuthorPage) -> stories.AuthorRecord:
    """How much an author has written and corrected."""
    return stories.author_record(author)


@register.simple_tag
def picture_address(image: NewsImage, kind: str) -> str:
    """One address of a picture, for data that travels."""
    return pictures.source(image, SIZES[kind]).address


@register.inclusion_tag("website/_picture.html")
def picture(
    image: NewsImage, kind: str, *, sizes: str, is_first: bool = False, alt: str | None = None
) -> dict[str, Any]:
    """A picture in the sizes of its kind (teaser, lead, portrait); lazy unless it is the first on the page."""
    source = pictures.source(image, SIZES[kind])
    return {"source": source, "sizes": sizes, "is_first": is_first, "alt": source.text if alt is None else alt}
