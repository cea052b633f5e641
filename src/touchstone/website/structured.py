"""Stories as schema.org data for search engines and readers' tools."""

from __future__ import annotations

from typing import Any

from django.utils.html import strip_tags

from touchstone.stories.models import StoryPage
from touchstone.website import moments, pictures
from touchstone.website.queries.story import StoryView

CONTEXT = "https://schema.org"


def news_article(view: StoryView, origin: str, publisher: str) -> dict[str, Any]:
    """A NewsArticle with authors, times, picture and corrections."""
    story = view.story
    data: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "NewsArticle",
        "headline": story.title,
        "description": story.standfirst,
        "mainEntityOfPage": f"{origin}{view.teaser.url}",
        "datePublished": moments.machine(view.published_at),
        "dateModified": moments.machine(view.changed_at or view.published_at),
        "author": [
            {"@type": "Person", "name": author.title, "url": f"{origin}/authors/{author.slug}/"}
            for author in view.authors
        ],
        "publisher": {"@type": "NewsMediaOrganization", "name": publisher, "url": f"{origin}/"},
        "isAccessibleForFree": True,
    }
    if view.teaser.section:
        data["articleSection"] = view.teaser.section.title
    if story.lead_image:
        data["image"] = origin + pictures.source(story.lead_image, pictures.LEAD).address
    if view.corrections:
        data["correction"] = [
            {"@type": "CorrectionComment", "text": each.text, "datePublished": moments.machine(each.at)}
            for each in view.corrections
        ]
    return data


def questions(story: StoryPage) -> dict[str, Any]:
    """A FAQPage of the story's questions and answers."""
    return {
        "@context": CONTEXT,
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": block["value"]["question"],
                "acceptedAnswer": {"@type": "Answer", "text": strip_tags(block["value"]["answer"])},
            }
            for block in story.questions.raw_data
        ],
    }
