"""The newest stories as an Atom feed, and all pages as a sitemap."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from touchstone.stories import queries as stories
from touchstone.stories.models import AuthorPage, StoryPage

FEED_LENGTH = 30


class LatestStories(Feed):
    """The newest stories."""

    feed_type = Atom1Feed
    title = settings.SITE_NAME
    link = "/"
    feed_url = "/feed.xml"
    subtitle = "News that readers test for real or fake."

    def items(self) -> list[StoryPage]:
        """The stories of the feed, newest first."""
        return stories.live_stories(limit=FEED_LENGTH).stories

    def item_title(self, item: StoryPage) -> str:
        """The headline."""
        return str(item.title)

    def item_description(self, item: StoryPage) -> str:
        """The standfirst."""
        return str(item.standfirst)

    def item_link(self, item: StoryPage) -> str:
        """The story's path."""
        return f"/{item.section.slug}/{item.slug}/"

    def item_pubdate(self, item: StoryPage) -> datetime | None:
        """When it came out."""
        return item.first_published_at

    def item_updateddate(self, item: StoryPage) -> datetime | None:
        """When it last changed."""
        return item.last_published_at

    def item_author_name(self, item: StoryPage) -> str:
        """The byline."""
        return ", ".join(author.title for author in item.authors)

    def item_categories(self, item: StoryPage) -> list[str]:
        """The section."""
        return [item.section.title]


class StorySitemap(Sitemap):
    """Every story."""

    changefreq = "daily"
    limit = 1000
    protocol = "https" if settings.SITE_ORIGIN.startswith("https:") else "http"

    def items(self) -> list[StoryPage]:
        """The live stories, newest first."""
        return stories.live_stories(limit=self.limit).stories

    def location(self, item: StoryPage) -> str:
        """The story's path."""
        return f"/{item.section.slug}/{item.slug}/"

    def lastmod(self, item: StoryPage) -> datetime | None:
        """When it last changed."""
        return item.last_published_at


class PlaceSitemap(Sitemap):
    """Sections, authors and the standing pages."""

    changefreq = "hourly"
    protocol = StorySitemap.protocol
    standing = ("/", "/trust/", "/trust/method/", "/markets/", "/authors/", "/about/", "/corrections/", "/open-data/")

    def items(self) -> list[str]:
        """The paths."""
        sections = [f"/{section.slug}/" for section in stories.sections()]
        authors: list[AuthorPage] = stories.authors()
        return [*self.standing, *sections, *(f"/authors/{author.slug}/" for author in authors)]

    def location(self, item: str) -> str:
        """The path itself."""
        return item


SITEMAPS = {"stories": StorySitemap, "places": PlaceSitemap}
