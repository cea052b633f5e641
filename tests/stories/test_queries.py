"""Lists of stories: what they hold and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from tests.factories import NOON, make_author, make_home, make_section, make_story

from touchstone.stories import actions, queries
from touchstone.stories.errors import BadCursor
from touchstone.stories.models import Byline, Correction, StoryPage
from touchstone.stories.queries import StoryCursor

pytestmark = pytest.mark.django_db


def make_stories(count: int, section: str = "Technology") -> list[StoryPage]:
    """That many stories, an hour apart, the first one the newest."""
    return [
        make_story(f"{section} story {n}", section=section, at=NOON - timedelta(hours=n), standfirst="Something.")
        for n in range(count)
    ]


def warm_up() -> None:
    """Let Wagtail learn where its site stands; it keeps that."""
    assert make_home().url == "/"


def read_cards(stories: list[StoryPage]) -> list[object]:
    return [(story.url, story.section.title, [a.title for a in story.authors], story.lead_image) for story in stories]


def test_front_page_leads_with_the_breaking_story() -> None:
    stories = make_stories(4)
    StoryPage.objects.filter(pk=stories[2].pk).update(breaking_until=NOON + timedelta(hours=1))
    page = queries.front_page(NOON)
    assert page.lead == stories[2]
    assert page.latest == [stories[0], stories[1], stories[3]]


def test_the_breaking_flag_goes_away_by_itself() -> None:
    stories = make_stories(2)
    StoryPage.objects.filter(pk=stories[1].pk).update(breaking_until=NOON + timedelta(hours=1))
    assert queries.front_page(NOON + timedelta(hours=1)).lead == stories[0]


def test_the_editors_choice_leads_the_front_page() -> None:
    stories = make_stories(3)
    home = make_home()
    home.lead_story = stories[1]
    home.save()
    assert queries.front_page(NOON).lead == stories[1]


def test_front_page_of_an_empty_newsroom_has_no_lead() -> None:
    make_home()
    assert queries.front_page(NOON).lead is None


def test_front_page_costs_the_same_queries_for_two_and_for_forty_stories(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_stories(2)
    warm_up()
    for section in ("Markets", "Policy", "Security"):
        make_stories(13, section)
    with django_assert_max_num_queries(9):
        page = queries.front_page(NOON)
        read_cards([page.lead, *page.latest, *[s for part in page.sections for s in part.stories]])


def test_a_section_lists_its_stories_page_by_page(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    stories = make_stories(14)
    make_stories(2, "Markets")
    warm_up()
    with django_assert_max_num_queries(7):
        listing = queries.section_stories(make_section(), 2)
        read_cards(listing.stories)
    assert (listing.stories, listing.pages, listing.total) == (stories[12:], 2, 14)
    assert (listing.previous_page, listing.next_page) == (1, None)


def test_a_page_beyond_the_end_is_the_last_one() -> None:
    stories = make_stories(2)
    assert queries.section_stories(make_section(), 99).stories == stories


def test_an_authors_record_counts_corrections_per_hundred_stories() -> None:
    stories = make_stories(4)
    Correction.objects.create(story=stories[0], version=stories[0].versions.latest(), text="Wrong.", at=NOON)
    record = queries.author_record(make_author())
    assert (record.stories, record.corrections, record.corrections_per_100) == (4, 1, 25.0)
    assert queries.stories_by_author(make_author()).total == 4


def test_an_author_without_stories_has_no_rate() -> None:
    assert queries.author_record(make_author("New Name")).corrections_per_100 is None


def test_the_cursor_walks_through_every_story_once_even_if_they_came_out_together() -> None:
    stories = [make_story(f"Story {n}") for n in range(5)]
    seen, after = [], None
    for _ in range(3):
        piece = queries.live_stories(limit=2, after=after)
        seen += piece.stories
        after = StoryCursor.decode(piece.next.encode()) if piece.next else None
    assert seen == stories[::-1]
    assert after is None


@pytest.mark.parametrize("text", ["", "x", "é", "MjAyNnwx", "!!!!", "a" * 5000])
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(BadCursor, match="not known"):
        StoryCursor.decode(text)


def test_live_stories_are_narrowed_by_section_and_unknown_sections_are_empty() -> None:
    make_stories(2)
    markets = make_stories(1, "Markets")
    assert queries.live_stories(section="markets").stories == markets
    assert queries.live_stories(section="nowhere").stories == []


def test_drafts_are_in_no_list() -> None:
    story = make_story("Secret", standfirst="Secret")
    story.unpublish()
    assert queries.live_stories().stories == []
    assert queries.front_page(NOON).lead is None
    assert queries.story_by_id(story.pk) is None


def test_related_stories_share_words() -> None:
    chips = [make_story(f"Chip makers raise wafer output {n}", standfirst="Wafers and chips.") for n in range(2)]
    make_story("Court rules on exchange licence", section="Policy", standfirst="A court spoke.")
    make_stories(3, "Markets")
    actions.refresh_related_stories(at=NOON)
    assert queries.related_stories(chips[0], limit=3)[0] == chips[1]
    assert chips[0] not in queries.related_stories(chips[0], limit=6)


def test_related_stories_fall_back_to_the_section_before_they_are_worked_out(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    stories = make_stories(6)
    make_stories(2, "Markets")
    warm_up()
    with django_assert_max_num_queries(6):
        assert queries.related_stories(stories[0], limit=4) == stories[1:5]


def test_search_finds_stories_that_hold_any_of_the_words() -> None:
    both = make_story("Bitcoin falls as miners sell", standfirst="Miners.")
    one = make_story("Bitcoin rises", section="Markets", standfirst="Up.")
    make_story("Nothing of the kind", standfirst="No.")
    found = queries.search_stories("bitcoin miners")
    assert (found.stories, found.total) == ([both, one], 2)
    assert queries.search_stories("bitcoin miners", section="markets").stories == [one]


@pytest.mark.parametrize(
    "words", ["", "   ", '"', "* OR (", "a AND NOT", "'; drop table", "x" * 5000, "\x00", "é ñ 你好", "-"]
)
def test_odd_searches_find_nothing_and_do_no_harm(words: str) -> None:
    make_story("Bitcoin rises", standfirst="Up.")
    assert queries.search_stories(words).stories == []


def test_the_public_diff_shows_words_within_a_changed_paragraph() -> None:
    story = make_story("Headline")
    old = story.versions.latest()
    old.text = "Headline\nThe coin rose by 3 per cent.\nEnd."
    new = story.versions.create(
        number=2, published_at=NOON, text="Headline\nThe coin rose by 2 per cent.\nA new line.\nEnd.", sha256="1" * 64
    )
    diff = queries.diff_versions(new, old)
    assert [line.kind for line in diff.lines] == ["same", "changed", "added", "same"]
    assert [(span.kind, span.text) for span in diff.lines[1].spans] == [
        ("same", "The coin rose by "),
        ("removed", "3"),
        ("added", "2"),
        ("same", " per cent."),
    ]
    assert (diff.old, diff.new, diff.changes) == (old, new, 2)


def test_a_story_by_two_authors_is_listed_once() -> None:
    story = make_story("Joint work")
    story.bylines.add(Byline(author=make_author("Second Author")))
    story.save()
    assert queries.live_stories().stories == [story]
    assert [author.title for author in queries.story_by_id(story.pk).authors] == ["Ada Reporter", "Second Author"]
