"""Two web processes behind the nginx that we ship show the same, whichever of them is asked and whoever dies."""

from __future__ import annotations

import signal
import statistics
import uuid
from typing import Any

import httpx
import pytest
from tests.production.site import Site, wait_until
from tests.production.streams import Listener

pytestmark = pytest.mark.xdist_group("production")  # the site is started once for all of them

APART_S = 0.25
PUBLISH = """
import django
django.setup()
from touchstone.stories.models import StoryPage
story = StoryPage.objects.get(pk={story})
story.title, story.standfirst = {title!r}, "It happened."
story.save_revision().publish()
"""
WITHDRAW = """
import django
django.setup()
from touchstone.stories.models import StoryPage
StoryPage.objects.get(pk={story}).unpublish()
"""


def listeners(site: Site) -> tuple[Listener, Listener]:
    return Listener(site.client("web-1")), Listener(site.client("web-2"))


def test_both_processes_show_the_same_tick_within_a_quarter_second(site: Site) -> None:
    one, two = listeners(site)
    wait_until(
        lambda: len(one.of("tick").keys() & two.of("tick").keys()) >= 12, "twelve ticks came", site.log("prices")
    )
    seen_one, seen_two = one.of("tick"), two.of("tick")
    both = sorted(seen_one.keys() & seen_two.keys())[1:]
    assert all(seen_one[each][1] == seen_two[each][1] for each in both)
    # The median, as a loaded machine may hold one of the two up for any time.
    assert statistics.median(abs(seen_one[each][0] - seen_two[each][0]) for each in both) < APART_S
    one.close()
    two.close()


def test_there_is_one_price_feed_however_many_are_started(site: Site) -> None:
    listener = Listener(site.client("web-1"))
    wait_until(lambda: listener.of("tick"), "the first feed is at work", site.log("prices"))
    site.start_part("prices-2")
    wait_until(lambda: "stands by" in site.log("prices-2"), "the second feed stands by")
    site.stop("prices", signal.SIGKILL)
    wait_until(lambda: "takes over" in site.log("prices-2"), "the second feed takes over")
    before = len(listener.of("tick"))
    wait_until(lambda: len(listener.of("tick")) >= before + 3, "ticks go on", site.log("prices-2"))
    site.processes["prices"] = site.processes.pop("prices-2")
    listener.close()


def test_a_second_worker_stands_by_and_harms_nothing(site: Site) -> None:
    site.start_part("worker-2")
    # The first may still be starting, and then it is the one that waits.
    wait_until(lambda: "stands by" in site.log("worker") + site.log("worker-2"), "one of two workers stands by")
    site.stop("worker-2")


def test_a_vote_through_one_process_reaches_a_stream_of_the_other(site: Site) -> None:
    story = site.stories[0]["id"]
    one, two = listeners(site)
    wait_until(lambda: one.status == two.status == 200, "both streams are open")
    with site.client("web-1") as reader:
        assert vote(reader, site, story, "real").is_success
    for listener in (one, two):
        wait_until(lambda each=listener: any(told(each, story)), "the vote's figures came", site.log("web-2"))
        assert told(listener, story)[-1]["real"] == 1
        listener.close()


def told(listener: Listener, story: object) -> list[dict[str, Any]]:
    return [data for _, data in listener.of("trust").values() if data["story"] == story]


def vote(client: httpx.Client, site: Site, story: object, choice: str | None) -> httpx.Response:
    """Vote as a browser on the public address does."""
    given = client.get(f"/api/v1/stories/{story}/vote-token").raise_for_status().json()
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Origin": site.origin}
    body = {"vote": choice, "nonce": given["nonce"], "solution": None}
    cookies = {cookie.name: str(cookie.value) for cookie in client.cookies.jar}
    # The site's cookies are for https only; nginx passes them on over its sockets all the same.
    headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return client.post(f"/api/v1/stories/{story}/vote", json=body, headers=headers)


def test_a_token_from_one_process_votes_at_the_other_and_only_once(site: Site) -> None:
    story = site.stories[0]["id"]
    with site.client("web-1") as first, site.client("web-2") as second:
        given = first.get(f"/api/v1/stories/{story}/vote-token").raise_for_status()
        cookie = "; ".join(f"{each.name}={each.value}" for each in first.cookies.jar)
        body = {"vote": "fake", "nonce": given.json()["nonce"], "solution": None}
        answers = [
            client.post(
                f"/api/v1/stories/{story}/vote",
                json=body,
                headers={"Idempotency-Key": str(uuid.uuid4()), "Origin": site.origin, "Cookie": cookie},
            )
            for client in (second, first)
        ]
    assert [answer.status_code < 400 for answer in answers] == [True, False]


def test_a_story_published_in_any_process_is_soon_fresh_in_all(site: Site) -> None:
    story = site.stories[1]
    path = str(story["path"])
    with site.client("web-1") as one, site.client("web-2") as two, site.client() as outside:
        for client in (one, two, outside):
            assert "Story 1" in client.get(path).text
        site.run_python(PUBLISH.format(story=story["id"], title="A headline of this minute"))
        for client in (one, two, outside):
            wait_until(lambda each=client: "A headline of this minute" in each.get(path).text, "the page is fresh")


def test_a_story_taken_down_in_any_process_is_gone_from_all(site: Site) -> None:
    story = site.stories[2]
    path = str(story["path"])
    with site.client("web-1") as one, site.client("web-2") as two, site.client() as outside:
        for client in (one, two, outside):
            assert client.get(path).status_code == 200
        site.run_python(WITHDRAW.format(story=story["id"]))
        for client in (one, two, outside):
            wait_until(lambda each=client: each.get(path).status_code == 404, "the page is gone")


def test_readers_resume_at_another_process_where_they_were(site: Site) -> None:
    first = Listener(site.client("web-1"))
    wait_until(lambda: len(first.of("tick")) >= 3, "ticks came")
    last = list(first.of("tick"))[-1]
    first.close()
    # As after a restart: a process that was not there when the message was sent.
    site.stop("web-2")
    site.start_part("web-2")
    second = Listener(site.client("web-2"), last_event_id=last)
    wait_until(lambda: len(second.of("tick")) >= 2, "what was missed came")
    assert last not in second.of("tick")
    assert not any(name == "resync" for _, name, _, _ in second.heard)
    second.close()


def test_killing_a_web_process_loses_no_vote_and_nginx_goes_on(site: Site) -> None:
    story = site.stories[0]["id"]
    before = counted(site, story)
    acknowledged = 0
    for number in range(12):
        if number == 4:
            site.stop("web-1", signal.SIGKILL)
        with site.client() as reader:
            acknowledged += vote(reader, site, story, "real").is_success
            assert reader.get(str(site.stories[0]["path"])).status_code == 200
    assert acknowledged == 12
    assert counted(site, story) == before + acknowledged
    site.start_part("web-1")


def counted(site: Site, story: object) -> int:
    with site.client() as client:
        figures = client.get(f"/api/v1/stories/{story}/trust").raise_for_status().json()
    return int(figures["real"] + figures["fake"])


def test_redis_may_go_and_come_back_while_pages_votes_and_streams_go_on(site: Site) -> None:
    if site.redis_port is None:
        pytest.skip("THIS SITE HAS NO REDIS: it runs on PostgreSQL's notifications")
    story = site.stories[0]["id"]
    one, two = listeners(site)
    wait_until(lambda: one.of("tick") and two.of("tick"), "ticks came")
    site.stop("redis", signal.SIGKILL)
    with site.client() as reader:
        assert reader.get(str(site.stories[0]["path"])).status_code == 200
        assert reader.get("/account/login/").status_code == 200
        assert vote(reader, site, story, "fake").is_success
    for listener in (one, two):
        wait_until(lambda each=listener: len(told(each, story)) >= 1, "the vote came without Redis", site.log("web-2"))
    during = len(two.of("tick"))
    wait_until(lambda: len(two.of("tick")) >= during + 3, "ticks go on without Redis", site.log("prices"))
    site.start_redis()
    wait_until(lambda: any("-" in each for each in list(two.of("tick"))[-1:]), "ticks come through Redis again")
    for listener in (one, two):
        assert not listener.has_ended.is_set()
        listener.close()


def test_postgres_may_restart_while_streams_stay_open(site: Site) -> None:
    listener = Listener(site.client("web-2"))
    wait_until(lambda: len(listener.of("tick")) >= 2, "ticks came")
    site.postgres.stop()
    site.postgres.start()
    before = len(listener.of("tick"))
    wait_until(lambda: len(listener.of("tick")) >= before + 3, "ticks go on", site.log("prices") + site.log("web-2"))
    with site.client() as reader:
        wait_until(lambda: vote(reader, site, site.stories[0]["id"], "real").is_success, "votes are taken again")
    assert not listener.has_ended.is_set()
    listener.close()


def test_streams_come_through_nginx_as_they_are_sent(site: Site) -> None:
    with site.client() as client, client.stream("GET", "/stream", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        assert "no-store" in answer.headers["cache-control"]
        assert any("event: tick" in line for line in answer.iter_lines())
