"""Makes stories, readers and votes for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from wagtail.models import Page, Site

from touchstone.readers.models import Reader, User
from touchstone.stories.models import (
    AuthorIndexPage,
    AuthorPage,
    Byline,
    HomePage,
    SectionPage,
    StoryPage,
    StoryVersion,
)
from touchstone.votes.models import Tally, Vote, VoteEvent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def make_home() -> HomePage:
    """The front page, made once, as the root of the default site."""
    found = HomePage.objects.first()
    if found is not None:
        return found
    Page.objects.filter(depth=2).delete()
    root = Page.objects.get(depth=1)
    root = Page.objects.get(pk=root.pk)
    home: HomePage = root.add_child(instance=HomePage(title="Front page", slug="home"))
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "127.0.0.1", "port": 80, "root_page": home, "site_name": "Test"}
    )
    Site.clear_site_root_paths_cache()
    return home


def make_section(title: str = "Technology") -> SectionPage:
    """A section of that title, made once."""
    home = make_home()
    slug = title.lower().replace(" ", "-")
    found = SectionPage.objects.filter(slug=slug).first()
    return found or home.add_child(instance=SectionPage(title=title, slug=slug))


def make_author(name: str = "Ada Reporter") -> AuthorPage:
    """An author of that name, made once."""
    found = AuthorPage.objects.filter(title=name).first()
    if found is not None:
        return found
    index = AuthorIndexPage.objects.first() or make_home().add_child(
        instance=AuthorIndexPage(title="Authors", slug="authors")
    )
    return index.add_child(instance=AuthorPage(title=name, slug=name.lower().replace(" ", "-"), place="Lisbon"))


def make_story(
    title: str = "A story", *, section: str = "Technology", at: datetime = NOON, paragraphs: int = 1, **fields: Any
) -> StoryPage:
    """A published story with one version and one author."""
    prose = [("paragraph", f"<p>Paragraph {number + 1} of {title}.</p>") for number in range(paragraphs)]
    story = StoryPage(title=title, first_published_at=at, last_published_at=at, body=prose, **fields)
    story.bylines = [Byline(author=make_author())]
    make_section(section).add_child(instance=story)
    StoryVersion.objects.get_or_create(
        story=story, number=1, defaults={"published_at": at, "text": title, "sha256": "0" * 64}
    )
    return story


def make_reader(**fields: Any) -> Reader:
    """A reader with an anonymous key."""
    return Reader.objects.create(**{"created_at": NOON - timedelta(days=30), **fields})


def make_user(username: str = "editor", **fields: Any) -> User:
    """An account with the password "correct horse battery"."""
    return User.objects.create_user(
        username=username, email=f"{username}@newsroom.test", password="correct horse battery", **fields
    )


def make_votes(story: StoryPage, *, real: int = 0, fake: int = 0, at: datetime = NOON) -> None:
    """That many votes by fresh readers, a second apart, the last one at the given time."""
    import uuid

    version = story.versions.latest()
    choices = ["real"] * real + ["fake"] * fake
    for place, choice in enumerate(choices):
        at_ms = int(at.timestamp() * 1000) - 1000 * (len(choices) - 1 - place)
        reader = make_reader()
        shared = {"story": story, "reader": reader, "version": version, "choice": choice}
        Vote.objects.create(**shared, cast_at_ms=at_ms)
        VoteEvent.objects.create(id=uuid.uuid4(), **shared, kind="vote", at_ms=at_ms)
    Tally.objects.update_or_create(
        story=story, defaults={"real": real, "fake": fake, "last_vote_at_ms": int(at.timestamp() * 1000)}
    )
