"""What the browser sends from the desk's forms."""

from __future__ import annotations

from typing import Any

from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from touchstone.stories.models import AuthorPage

BODY = [("paragraph", "<p>The coin rose by 3 per cent on Tuesday.</p>")]


def stream(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    """A body of paragraphs (as HTML), subheads and price charts."""
    return streamfield([(kind, rich_text(value) if kind == "paragraph" else value) for kind, value in parts])


def questions(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Questions with their answers."""
    return streamfield([("question", {"question": one, "answer": rich_text(answer)}) for one, answer in pairs])


def story_form(*, body: list[tuple[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """A story's form, ready to come out unless a field says otherwise."""
    author = AuthorPage.objects.first()
    assert author
    wanted = {
        "title": "Coin rises",
        "slug": "coin-rises",
        "standfirst": "A coin rose.",
        "bylines": inline_formset([{"author": author.pk}]),
        "body": stream(BODY if body is None else body),
        "what_this_means": streamfield([]),
        "questions": streamfield([]),
        "sources": streamfield([]),
        "lead_image": "",
        "lead_caption": "",
        "tags": "",
        "breaking_until": "",
        "embargo_until": "",
        "voting_closes_at": "",
        "comments": inline_formset([]),
        **fields,
    }
    return nested_form_data(wanted)


def correction_form(*, correction: str, body: list[tuple[str, Any]], **fields: Any) -> dict[str, Any]:
    """The form of a correction."""
    wanted = {
        "correction": correction,
        "title": "Coin rises",
        "standfirst": "A coin rose.",
        "body": stream(body),
        "what_this_means": streamfield([]),
        "questions": streamfield([]),
        "sources": streamfield([]),
        **fields,
    }
    return nested_form_data(wanted)
