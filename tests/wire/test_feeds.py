"""Feeds are read without harm, and become drafts for editors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from tests.factories import NOON, make_section, make_user
from tests.net.peers import ScriptedServer, scripted_server
from wagtail.models import GroupPagePermission

from touchstone.stories.models import StoryPage
from touchstone.wire.actions import fetch_due_feeds, fetch_feed
from touchstone.wire.errors import NotAFeed
from touchstone.wire.models import Feed, FeedItem
from touchstone.wire.parsing import parse_feed, plain_text, safe_address
from touchstone.wire.queries import waiting_items

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>{items}</channel></rss>"""
ITEM = (
    "<item><guid>{guid}</guid><title>{title}</title><link>{link}</link>"
    "<pubDate>Mon, 02 Mar 2026 11:00:00 GMT</pubDate></item>"
)
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<rss><channel><title>&b;</title></channel></rss>"
)


def rss(*items: tuple[str, str, str]) -> bytes:
    return FEED.format(items="".join(ITEM.format(guid=g, title=t, link=u) for g, t, u in items)).encode()


def answer(body: bytes, *, status: str = "200 OK", headers: str = "") -> Callable[[str], list[bytes]]:
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/rss+xml\r\n{headers}"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return lambda _path: [head.encode() + body]


def read(server: ScriptedServer, feed: Feed | None = None) -> tuple[Feed, int]:
    feed = feed or Feed.objects.create(name="Wire", url=server.url("/feed"))
    return feed, fetch_feed(feed=feed, at=NOON, guard=server.guard())


@pytest.mark.django_db
def test_items_are_kept_once_however_often_the_feed_is_read() -> None:
    with scripted_server(answer(rss(("1", "Chip maker opens plant", "https://a.example/1")))) as server:
        feed, first = read(server)
        _, second = read(server, feed)
    assert (first, second, FeedItem.objects.count()) == (1, 0, 1)


@pytest.mark.django_db
def test_the_same_news_from_two_feeds_is_shown_once_with_a_count() -> None:
    with scripted_server(answer(rss(("1", "Regulator approves new bitcoin fund", "https://a.example/1")))) as server:
        read(server)
    with scripted_server(answer(rss(("9", "Regulator approves a new Bitcoin fund", "https://b.example/x")))) as server:
        read(server, Feed.objects.create(name="Other", url=server.url("/feed")))
    assert [(item.times_seen) for item in waiting_items()] == [2]  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_failing_feed_says_why_and_the_next_read_clears_it() -> None:
    with scripted_server(answer(b"gone", status="404 Not Found")) as server:
        feed, kept = read(server)
    assert (kept, feed.problem) == (0, f"{feed.url} answered with status 404; it is tried again at the next turn.")
    with scripted_server(answer(rss(("1", "Back again", "https://a.example/1")))) as server:
        feed.url = server.url("/feed")
        read(server, feed)
    assert feed.problem == ""


@pytest.mark.django_db
def test_an_unchanged_feed_is_asked_for_with_its_etag() -> None:
    with scripted_server(answer(rss(("1", "Once", "https://a.example/1")), headers='etag: "v1"\r\n')) as server:
        feed, _ = read(server)
        read(server, feed)
        assert b'if-none-match: "v1"' in server.requests[1].lower()


@pytest.mark.django_db
def test_only_feeds_whose_turn_it_is_are_read() -> None:
    Feed.objects.create(name="Fresh", url="https://a.example/feed", fetched_at=NOON - timedelta(minutes=1))
    Feed.objects.create(name="Off", url="https://b.example/feed", is_active=False)
    assert fetch_due_feeds(at=NOON) == 0
    assert not Feed.objects.exclude(problem="").exists()


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>No feed</body></html>", BOMB], ids=["empty", "a web page", "entities"]
)
def test_what_is_not_a_feed_is_refused_with_the_address(body: bytes) -> None:
    with pytest.raises(NotAFeed, match=r"https://a\.example/feed did not answer with an RSS or Atom feed"):
        parse_feed(body, url="https://a.example/feed", own_host="news.example")


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>Price",
        "Price<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>Price",
    ],
)
def test_titles_are_plain_text(markup: str) -> None:
    assert plain_text(markup, 100) == "Price"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/story", "https://feed.example/story"),
        ("https://other.example/a?b=c", "https://other.example/a?b=c"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://news.example/desk/", ""),
        ("//NEWS.example/stories/1/vote/?choice=real", ""),
        ("https://user:secret@other.example/", ""),
        ("https://other.example/ <b>", ""),
        ("", ""),
        ("http://[bad", ""),
    ],
)
def test_only_absolute_addresses_of_others_survive(link: str, expected: str) -> None:
    assert safe_address(link, base="https://feed.example/feed", own_host="news.example") == expected


@pytest.mark.django_db
def test_an_editor_drafts_an_item_with_its_source_and_dismisses_another(client: Client) -> None:
    section = make_section()
    editor = make_user("editor")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    group = Group.objects.create(name="Desk")
    editor.groups.add(group)
    for name in ("add_page", "change_page"):
        GroupPagePermission.objects.create(group=group, page=section, permission=Permission.objects.get(codename=name))
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    feed = Feed.objects.create(name="Wire", url="https://a.example/feed")
    shared = {"feed": feed, "published_at": NOON, "seen_at": NOON}
    take = FeedItem.objects.create(guid="1", title="Exchange halts withdrawals", url="https://a.example/1", **shared)
    drop = FeedItem.objects.create(guid="2", title="Ten gadgets for spring", **shared)
    assert "Exchange halts withdrawals" in client.get("/desk/wire/").content.decode()
    client.post(f"/desk/wire/{take.pk}/draft/", {"section": section.pk})
    client.post(f"/desk/wire/{drop.pk}/dismiss/")
    story = StoryPage.objects.get(title="Exchange halts withdrawals")
    assert story.live is False
    assert story.sources[0].value["link"] == "https://a.example/1"
    assert list(waiting_items()) == []
