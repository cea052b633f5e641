"""Which sizes of a picture the pages offer to browsers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wagtail.images.models import Filter

from touchstone.stories.models import NewsImage, NewsRendition

FORMAT = "format-webp"
TEASER = tuple(f"fill-{width}x{width * 9 // 16}|{FORMAT}" for width in (320, 640, 960))
LEAD = tuple(f"width-{width}|{FORMAT}" for width in (480, 800, 1200, 1600))
PORTRAIT = tuple(f"fill-{side}x{side}|{FORMAT}" for side in (96, 192))


@dataclass(frozen=True, slots=True)
class Source:
    """A picture's addresses and its size before styles arrive, in pixels."""

    address: str
    srcset: str
    width: int
    height: int
    text: str


def source(image: NewsImage, sizes: tuple[str, ...]) -> Source:
    """The picture in those sizes, the second smallest first for browsers that know no srcset."""
    made = _known(image, sizes) or list(image.get_renditions(*sizes).values())
    plain = made[min(1, len(made) - 1)]
    return Source(
        address=plain.url,
        srcset=", ".join(f"{rendition.url} {rendition.width}w" for rendition in made),
        width=plain.width,
        height=plain.height,
        text=image.description or "",
    )


def _known(image: NewsImage, sizes: tuple[str, ...]) -> list[NewsRendition]:
    """The sizes if they all were read together with those of other pictures; nothing if one is yet to be made."""
    read = {(each.filter_spec, each.focal_point_key): each for each in getattr(image, "prefetched_renditions", ())}
    found = [read.get((spec, _filter(spec).get_cache_key(image))) for spec in sizes] if read else []
    return [each for each in found if each is not None] if None not in found else []


@cache
def _filter(spec: str) -> Filter:
    return Filter(spec=spec)
