"""What a story needs before it may come out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.html import strip_tags

from touchstone.markets.models import Instrument

if TYPE_CHECKING:
    from touchstone.stories.models import NewsImage, StoryPage

BODY_FIELDS = ("body", "what_this_means")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands in the way of publication: the field to look at and what to do there."""

    field: str
    message: str


def find_problems(story: StoryPage) -> list[Problem]:
    """Everything that a story lacks, in the order of its form; empty when it may come out."""
    return [
        *_text_problems(story),
        *_byline_problems(story),
        *_picture_problems(story),
        *_chart_problems(story),
        *_question_problems(story),
    ]


def _is_blank(value: Any) -> bool:
    return not strip_tags(str(value)).replace("\xa0", " ").strip()


def _text_problems(story: StoryPage) -> Iterator[Problem]:
    if _is_blank(story.title):
        yield Problem("title", "The headline is empty. Write one.")
    if not story.slug:
        yield Problem("slug", "The address (slug) is empty. Write a few words joined by hyphens.")
    if _is_blank(story.standfirst):
        yield Problem("standfirst", "The standfirst is empty. Say in one sentence what happened.")
    if all(_is_blank(part.value) for part in story.body if part.block_type == "paragraph"):
        yield Problem("body", "The body has no text. Add at least one paragraph.")


def _byline_problems(story: StoryPage) -> Iterator[Problem]:
    if not story.bylines.all():
        yield Problem("bylines", "The story has no author. Choose at least one.")


def _picture_problems(story: StoryPage) -> Iterator[Problem]:
    if story.lead_image is not None:
        yield from _image_problems("lead_image", "The lead picture", story.lead_image)
    for field in BODY_FIELDS:
        figures = [part for part in getattr(story, field) if part.block_type in {"figure", "sponsor_slot"}]
        for number, part in enumerate(figures, start=1):
            if image := part.value["image"]:
                yield from _image_problems(field, f"Picture {number} in this text", image)


def _image_problems(field: str, name: str, image: NewsImage) -> Iterator[Problem]:
    if _is_blank(image.description):
        yield Problem(field, f"{name}, “{image.title}”, has no description. Describe it for readers who cannot see it.")
    if _is_blank(image.credit):
        yield Problem(field, f"{name}, “{image.title}”, has no credit. Say who made it or owns it.")


def _chart_problems(story: StoryPage) -> Iterator[Problem]:
    wanted = {
        (field, part.value["instrument"])
        for field in BODY_FIELDS
        for part in getattr(story, field)
        if part.block_type == "price_chart"
    }
    if not wanted:
        return
    symbols = {symbol for _, symbol in wanted}
    known = set(Instrument.objects.filter(symbol__in=symbols).values_list("symbol", flat=True))
    for field, symbol in sorted(wanted):
        if symbol not in known:
            yield Problem(field, f"A price chart names {symbol!r}, which is no instrument. Choose one from the list.")


def _question_problems(story: StoryPage) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, part in enumerate(story.questions, start=1):
        question, answer = str(part.value["question"]).strip(), part.value["answer"]
        if _is_blank(question) or _is_blank(answer):
            yield Problem(
                "questions", f"Question {number} lacks its question or its answer. Fill in both or remove it."
            )
        elif question.casefold() in seen:
            yield Problem("questions", f"Question {number} is asked twice. Remove one of them.")
        seen.add(question.casefold())
