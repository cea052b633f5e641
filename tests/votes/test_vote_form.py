"""Voting without scripts."""

from __future__ import annotations

import re

import httpx
from tests.web import Web, browser, counts


def fields(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'name="(csrfmiddlewaretoken|nonce)" value="([^"]+)"', page.text))


def test_the_form_counts_a_vote_and_leads_back_to_the_story(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        page = reader.get(f"/stories/{web.open}/vote/", params={"choice": "real"})
        body = {**fields(page), "choice": "real", "website": ""}
        answer = reader.post(f"/stories/{web.open}/vote/", data=body)
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(f"{web.path}#trust")
        assert counts(web, web.open) == (before[0] + 1, before[1])
        again = reader.post(f"/stories/{web.open}/vote/", data=body)
        assert again.status_code == 302
        assert counts(web, web.open) == (before[0] + 1, before[1])
        assert "An open story" in reader.get("/account/votes/").text
        page = reader.get(f"/stories/{web.open}/vote/")
        reader.post(f"/stories/{web.open}/vote/", data={**fields(page), "choice": "none"})
    assert counts(web, web.open) == before


def test_the_form_refuses_what_was_not_asked_for_by_its_own_page(web: Web) -> None:
    before = counts(web, web.open)
    with browser(web) as reader:
        page = reader.get(f"/stories/{web.open}/vote/")
        right = {**fields(page), "choice": "fake"}
        assert reader.post(f"/stories/{web.open}/vote/", data={"choice": "fake"}).status_code == 403
        assert reader.post(f"/stories/{web.open}/vote/", data={**right, "website": "x"}).status_code == 422
        assert reader.post(f"/stories/{web.open}/vote/", data={**right, "choice": "both"}).status_code == 422
        assert reader.post(f"/stories/{web.open}/vote/", data={**right, "nonce": "AAAA"}).status_code == 403
        # A token without proof of work is good for the form only.
        by_script = reader.post(f"/api/v1/stories/{web.open}/vote", json={"vote": "fake", "nonce": right["nonce"]})
        assert by_script.json()["error"]["code"] == "nonce_forged"
    assert counts(web, web.open) == before
    assert httpx.get(f"{web.origin}/stories/{web.closed}/vote/").status_code == 409
    assert httpx.get(f"{web.origin}/stories/999999/vote/").status_code == 404
