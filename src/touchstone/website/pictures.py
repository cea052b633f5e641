"""Which sizes of a picture the pages offer to browsers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from wagtail.images.models import Filter

from touchstone.stories.models import NewsImage, NewsRendition, Size

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
    made = _known(image, sizes) or [(each.url, each) for each in image.get_renditions(*sizes).values()]
    address, plain = made[min(1, len(made) - 1)]
    return Source(
        address=address,
        srcset=", ".join(f"{url} {size.width}w" for url, size in made),
        width=plain.width,
        height=plain.height,
        text=image.description or "",
    )


def _known(image: NewsImage, sizes: tuple[str, ...]) -> list[tuple[str, Size]]:
    """Address and size of each if all were read together with those of other pictures; else nothing."""
    if not image.known_sizes:
        return []
    found = [image.known_sizes.get((spec, _filter(spec).get_cache_key(image))) for spec in sizes]
    return [(_address(size.file), size) for size in found if size] if None not in found else []


def _address(file: str) -> str:
    address: str = NewsRendition._meta.get_field("file").storage.url(file)  # type: ignore[union-attr]
    return address


@cache
def _filter(spec: str) -> Filter:
    return Filter(spec=spec)
