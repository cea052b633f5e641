"""Two forms about one page at the same time: neither undoes what the other did."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.databases import ask
from tests.newsroom import ROOT
from tests.web import Web, browser, environment, prepare_web, running_web

PLANT = """
import django, json
django.setup()
from django.contrib.auth.models import Group
from tests.factories import make_user
from touchstone.stories.actions import set_up_newsroom
from touchstone.stories.models import StoryPage
set_up_newsroom()
editor = make_user("edda")
editor.groups.add(Group.objects.get(name="Editors"))
editor.set_password("a long password")
editor.save()
from tests.factories import make_author
from tests.stories.desk_forms import story_form
make_author()
print(json.dumps(story_form(slug="")))
"""
STORIES = 12


def prepare_desk(data_dir: Path) -> dict[str, Any]:
    """Add an editor to a prepared folder; the form of a story as a browser sends it."""
    made = {**environment(data_dir), "DJANGO_SETTINGS_MODULE": "touchstone.config.settings"}
    said = subprocess.run([sys.executable, "-c", PLANT], cwd=ROOT, env=made, check=True, capture_output=True).stdout
    form: dict[str, Any] = json.loads(said.splitlines()[-1])
    return form


def post(editor: httpx.Client, path: str, form: dict[str, Any], *, accept: str = "text/html") -> httpx.Response:
    origin = str(editor.base_url).rstrip("/")
    headers = {"X-CSRFToken": editor.cookies["csrftoken"], "Origin": origin, "Accept": accept}
    return editor.post(path, data=form, headers=headers)


@contextmanager
def signed_in(web: Web) -> Iterator[httpx.Client]:
    with browser(web) as editor:
        editor.get("/desk/login/")
        answer = post(editor, "/desk/login/", {"username": "edda", "password": "a long password"})
        assert answer.status_code == 302, answer.text
        yield editor


def test_stories_that_are_published_while_their_drafts_save_themselves_stay_published(tmp_path: Path) -> None:
    data_dir = tmp_path / "site"
    planted = prepare_web(data_dir)
    form = prepare_desk(data_dir)
    [(section,)] = ask(data_dir, "SELECT id FROM wagtailcore_page WHERE slug = 'technology'")
    with running_web(data_dir, planted) as web, signed_in(web) as editor, ThreadPoolExecutor(3) as hands:
        for number in range(STORIES):
            wanted = {**form, "title": f"Coin rises {number}", "slug": f"coin-rises-{number}"}
            made = post(editor, f"/desk/pages/add/stories/storypage/{section}/", wanted)
            assert made.status_code == 302, made.text
            edit = made.headers["location"]
            saved = {**wanted, "bylines-0-id": "", "bylines-0-DELETE": "", "bylines-INITIAL_FORMS": "0"}
            drafts = [hands.submit(post, editor, edit, saved, accept="application/json") for _ in range(2)]
            published = hands.submit(post, editor, edit, {**saved, "action-publish": "1"})
            assert {draft.result().status_code for draft in drafts} <= {200, 400}
            assert published.result().status_code == 302, published.result().text
    live = ask(data_dir, "SELECT count(*) FROM wagtailcore_page WHERE live AND slug LIKE 'coin-rises-%'")
    assert live == [(STORIES,)]
