"""Lists of live stories; each list costs the same few queries however long it is."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Length, RowNumber, Substr

from touchstone.statements import prepared
from touchstone.stories.errors import BadCursor
from touchstone.stories.models import AuthorPage, HomePage, SectionPage, StoryPage
from touchstone.stories.queries.cards import MOST_RELATED, cards, give_sizes, live_sections, nearest_stories

PAGE_SIZE = 12
LATEST_PER_SECTION = 5
MOST_FOUND = 600
MOST_WORDS = 20
# Anything else has a meaning of its own in a full-text query.
WORD = re.compile(r"[^\W_]{1,40}")


@dataclass(frozen=True, slots=True)
class SectionLatest:
    """A section and its newest stories."""

    section: SectionPage
    stories: list[StoryPage]


@dataclass(frozen=True, slots=True)
class FrontPage:
    """What the front page shows: each story stands in one place only."""

    lead: StoryPage | None
    breaking: list[StoryPage]
    latest: list[StoryPage]
    sections: list[SectionLatest]


@dataclass(frozen=True, slots=True)
class StoryListing:
    """One page of a list of stories; pages count from 1."""

    stories: list[StoryPage]
    page: int
    pages: int
    total: int

    @property
    def previous_page(self) -> int | None:
        """The number of the page before, if any."""
        return self.page - 1 if self.page > 1 else None

    @property
    def next_page(self) -> int | None:
        """The number of the page after, if any."""
        return self.page + 1 if self.page < self.pages else None


@dataclass(frozen=True, slots=True)
class StoryCursor:
    """A place in the list of all stories, newest first: just after this story."""

    published_at: datetime
    story_id: int

    def encode(self) -> str:
        """The cursor as text that fits into an address."""
        plain = f"{self.published_at.isoformat()}|{self.story_id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> StoryCursor:
        """The cursor that `encode` wrote. Raises BadCursor."""
        try:
            plain = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode()
            moment, story_id = plain.split("|")
            published_at = datetime.fromisoformat(moment)
            if published_at.tzinfo is None or not 0 < int(story_id) < 2**63:
                raise BadCursor(cursor=text)
            return cls(published_at, int(story_id))
        except (ValueError, binascii.Error) as err:
            raise BadCursor(cursor=text) from err


@dataclass(frozen=True, slots=True)
class StorySlice:
    """Some stories, newest first, and the cursor of those that follow, if any do."""

    stories: list[StoryPage]
    next: StoryCursor | None


@dataclass(frozen=True, slots=True)
class AuthorRecord:
    """How much an author has published and how often it had to be corrected."""

    stories: int
    corrections: int

    @property
    def corrections_per_100(self) -> float | None:
        """Corrections for every 100 stories; None before the first story."""
        return 100 * self.corrections / self.stories if self.stories else None


def sections() -> list[SectionPage]:
    """The live sections in the order of the desk."""
    return live_sections()


@prepared
def section_names() -> QuerySet[SectionPage, tuple[str, str]]:
    """Title and slug of the live sections in the order of the desk."""
    return SectionPage.objects.live().order_by("path").values_list("title", "slug")


def authors() -> list[AuthorPage]:
    """The live authors by name."""
    found = _authors()
    give_sizes([author.portrait for author in found if author.portrait])
    return found


def front_page(at: datetime) -> FrontPage:
    """The lead story, what is breaking, the newest stories, and the newest of each section."""
    every_section = sections()
    ids_of = _newest_ids(every_section)
    newest = _newest()
    breaking = _breaking(at)
    lead = next((pk for pk in [*_chosen_lead(), *breaking, *newest] if pk is not None), None)
    wanted = {*newest, *breaking, *([lead] if lead else [])}.union(*ids_of.values())
    found = cards(sorted(wanted), every_section)
    shown = {lead}
    return FrontPage(
        lead=found.get(lead) if lead else None,
        breaking=_take(found, breaking, shown),
        latest=_take(found, newest, shown),
        sections=[
            SectionLatest(section, [found[pk] for pk in ids_of[section.pk] if pk != lead][:LATEST_PER_SECTION])
            for section in every_section
        ],
    )


def section_stories(section: SectionPage, page: int = 1) -> StoryListing:
    """A page of a section's stories, newest first; a page beyond the end is the last one."""
    if page > 1:
        return _list_page(_live().filter(path__startswith=section.path), page)
    return _first_page(_section_start(section.path))


def stories_by_author(author: AuthorPage, page: int = 1) -> StoryListing:
    """A page of an author's stories, newest first."""
    if page > 1:
        return _list_page(_live().filter(bylines__author=author), page)
    return _first_page(_author_start(author.pk))


def stories_by_tag(slug: str, page: int = 1) -> StoryListing:
    """A page of the stories with a tag, newest first."""
    return _list_page(_live().filter(tags__slug=slug), page)


def author_record(author: AuthorPage) -> AuthorRecord:
    """How many stories an author has live and how many corrections these needed."""
    stories, corrections = (_author_counts(author.pk) or [(0, 0)])[0]
    return AuthorRecord(stories=stories, corrections=corrections)


def related_stories(story: StoryPage, limit: int = 4) -> list[StoryPage]:
    """The nearest 3 to 6 other stories; the newest of its section while its neighbours are not worked out yet."""
    limit = min(max(limit, 3), MOST_RELATED)
    found = nearest_stories(story.pk)[:limit]
    if len(found) == limit:
        return found
    known = {story.pk, *(other.pk for other in found)}
    near = [pk for pk in _newest_near(story.path[: -story.steplen]) if pk not in known]
    return found + stories_by_ids(near[: limit - len(found)])


def stories_by_ids(ids: Iterable[int]) -> list[StoryPage]:
    """The live stories with these ids, in the order of the ids."""
    wanted = list(ids)
    return _in_order(wanted, sections())


def story_by_id(story_id: int) -> StoryPage | None:
    """The live story with this id, with its section and authors, or None."""
    return next(iter(stories_by_ids([story_id])), None)


def live_stories(
    *,
    limit: int = 20,
    after: StoryCursor | None = None,
    section: str = "",
    author: str = "",
    tag: str = "",
    instrument: str = "",
) -> StorySlice:
    """Live stories, newest first, from just after a cursor on; slugs and a symbol narrow them down."""
    stories = _live()
    if after is not None:
        older = Q(first_published_at__lt=after.published_at)
        stories = stories.filter(older | Q(first_published_at=after.published_at, pk__lt=after.story_id))
    every_section = sections()
    if section:
        paths = [page.path for page in every_section if page.slug == section]
        stories = stories.filter(path__startswith=paths[0]) if paths else stories.none()
    narrow = {"bylines__author__slug": author, "tags__slug": tag, "instruments__symbol": instrument}
    stories = stories.filter(**{lookup: value for lookup, value in narrow.items() if value})
    ids = list(stories.values_list("pk", flat=True).distinct()[: limit + 1])
    found = _in_order(ids[:limit], every_section)
    more = len(ids) > limit and found
    last = found[-1] if more else None
    return StorySlice(found, StoryCursor(last.first_published_at, last.pk) if last else None)


def search_stories(words: str, page: int = 1, section: str = "") -> StoryListing:
    """A page of the live stories that hold any of the words, best first; a section's slug narrows them down."""
    wanted = WORD.findall(words)[:MOST_WORDS]
    if not wanted:
        return StoryListing([], 1, 1, 0)
    every_section = sections()
    among = StoryPage.objects.live()
    if section:
        paths = [place.path for place in every_section if place.slug == section]
        among = among.filter(path__startswith=paths[0]) if paths else among.none()
    found = among.search(" ".join(wanted), operator="or")
    total = min(found.count(), MOST_FOUND)
    page, pages = _clamp(page, total)
    ids = [story.pk for story in found[(page - 1) * PAGE_SIZE : min(page * PAGE_SIZE, total)]]
    return StoryListing(_in_order(ids, every_section), page, pages, total)


def _live() -> QuerySet[StoryPage]:
    return StoryPage.objects.live().filter(first_published_at__isnull=False).order_by("-first_published_at", "-pk")


@prepared
def _authors() -> QuerySet[AuthorPage]:
    return AuthorPage.objects.live().select_related("portrait").order_by("title")


@prepared
def _newest() -> QuerySet[StoryPage, int]:
    return _live().values_list("pk", flat=True)[:PAGE_SIZE]


@prepared
def _section_start(path: str) -> QuerySet[StoryPage, tuple[int, int]]:
    return _start(_live().filter(path__startswith=path))


@prepared
def _author_start(author: int) -> QuerySet[StoryPage, tuple[int, int]]:
    return _start(_live().filter(bylines__author=author))


def _start(stories: QuerySet[StoryPage]) -> QuerySet[StoryPage, tuple[int, int]]:
    """The first page of a list, each line with the length of the whole list."""
    return stories.annotate(total=Window(Count("pk"))).values_list("pk", "total")[:PAGE_SIZE]


@prepared
def _author_counts(author: int) -> QuerySet[AuthorPage, tuple[int, int]]:
    live = Q(bylines__story__live=True)
    counts = AuthorPage.objects.filter(pk=author).annotate(
        stories=Count("bylines__story", filter=live, distinct=True),
        corrections=Count("bylines__story__corrections", filter=live, distinct=True),
    )
    return counts.order_by().values_list("stories", "corrections")


@prepared
def _breaking(at: datetime) -> QuerySet[StoryPage, int]:
    return _live().filter(breaking_until__gt=at).values_list("pk", flat=True)[:LATEST_PER_SECTION]


@prepared
def _chosen_lead() -> QuerySet[HomePage, int]:
    return HomePage.objects.filter(lead_story__live=True).values_list("lead_story_id", flat=True)[:1]


@prepared
def _newest_near(path: str) -> QuerySet[StoryPage, int]:
    """The newest stories below a path: one more than are shown, for the one that they stand beside."""
    return _live().filter(path__startswith=path).values_list("pk", flat=True)[: 2 * MOST_RELATED + 1]


@prepared
def _newest_in_sections() -> QuerySet[StoryPage, tuple[int, str]]:
    """The newest stories of every section; one more each, since one may be the lead."""
    in_section = Window(
        RowNumber(),
        partition_by=[Substr("path", 1, Length("path") - StoryPage.steplen)],
        order_by=[F("first_published_at").desc(), F("pk").desc()],
    )
    return _live().annotate(place=in_section).filter(place__lte=LATEST_PER_SECTION + 1).values_list("pk", "path")


def _newest_ids(every_section: list[SectionPage]) -> dict[int, list[int]]:
    """The newest stories of every section by its id."""
    by_path: dict[str, list[int]] = {section.path: [] for section in every_section}
    for pk, path in _newest_in_sections():
        by_path.get(path[: -StoryPage.steplen], []).append(pk)
    return {section.pk: by_path[section.path] for section in every_section}


def _in_order(ids: list[int], every_section: list[SectionPage]) -> list[StoryPage]:
    found = cards(ids, every_section)
    return [found[pk] for pk in ids if pk in found]


def _take(found: dict[int, StoryPage], ids: list[int], shown: set[int | None]) -> list[StoryPage]:
    taken = [found[pk] for pk in ids if pk not in shown]
    shown.update(ids)
    return taken


def _first_page(lines: list[tuple[int, int]]) -> StoryListing:
    total = lines[0][1] if lines else 0
    return StoryListing(_in_order([pk for pk, _ in lines], sections()), 1, _clamp(1, total)[1], total)


def _list_page(stories: QuerySet[StoryPage], page: int) -> StoryListing:
    total = stories.count()
    page, pages = _clamp(page, total)
    ids = list(stories.values_list("pk", flat=True)[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    return StoryListing(_in_order(ids, sections()), page, pages, total)


def _clamp(page: int, total: int) -> tuple[int, int]:
    pages = max(1, -(-total // PAGE_SIZE))
    return min(max(page, 1), pages), pages
