"""Odd and hostile requests get a clear message and the right status, and nothing breaks."""

from __future__ import annotations

import httpx
import pytest
from tests.web import Web, browser

TOO_LONG = "9" * 25
PAGES_NOT_THERE = [
    f"/stories/{TOO_LONG}/versions/",
    f"/stories/{TOO_LONG}/vote/",
    f"/badge/{TOO_LONG}.svg",
    "/stories/999999/versions/1..2/",
    "/stories/abc/versions/",
    "/markets/no-such-thing/",
    "/authors/nobody/",
    "/log/receipt/00000000-0000-0000-0000-000000000000",
    "/.git/config",
    "/.env",
    "//evil.example/",
    "/%ff%fe/",
]
LENIENT = [
    "/search/?q=" + "a" * 9000,
    "/search/?q=%ff%fe",
    "/search/?q=%00",
    "/search/?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/search/?q=OR+AND+NOT+%22+*+(",
    "/search/?q=a&page=-1",
    "/search/?q=a&page=99999999999999999999",
    "/technology/?page=0",
    "/technology/?page=%00",
    "/markets/?sort=__class__",
    "/account/votes/?page=-1",
    "/account/login/?next=//evil.example/",
]
REFUSED_PATHS = [
    "/../etc/passwd",
    "/media/%2e%2e/%2e%2e/secret",
    "/assets/x/..%2f..%2fsettings.py",
    "/a%00b/",
    "/%5cevil",
]
WRONG_METHODS = [
    ("DELETE", "/api/v1/stories/1"),
    ("POST", "/api/v1/stories"),
    ("PUT", "/api/v1/ticker"),
    ("OPTIONS", "/api/v1/trust"),
    ("GET", "/api/v1/stories/1/vote"),
    ("POST", "/stream"),
]


@pytest.mark.parametrize("address", PAGES_NOT_THERE)
def test_a_page_that_is_not_there_is_a_404_in_the_site_s_own_words(web: Web, address: str) -> None:
    page = httpx.get(web.origin + address, timeout=60)
    assert page.status_code == 404
    assert "There is no" in page.text or "unknown" in page.text


@pytest.mark.parametrize("address", LENIENT)
def test_an_odd_query_gives_a_page_without_the_query_s_mark_up(web: Web, address: str) -> None:
    page = httpx.get(web.origin + address, timeout=60)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert 'href="//evil' not in page.text


@pytest.mark.parametrize("path", REFUSED_PATHS)
def test_path_tricks_are_refused(web: Web, path: str) -> None:
    # httpx tidies dots away: give it the raw target.
    with browser(web) as attacker:
        answer = attacker.get("/", extensions={"target": path.encode()})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "path_refused"


@pytest.mark.parametrize(("method", "path"), WRONG_METHODS)
def test_a_wrong_method_is_refused_in_the_one_shape(web: Web, method: str, path: str) -> None:
    answer = httpx.request(method, web.origin + path, timeout=60)
    assert answer.status_code == 405
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"]["code"] == "wrong_method"


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/stories"])
def test_an_unknown_api_path_is_a_404_in_the_one_shape(web: Web, path: str) -> None:
    answer = httpx.get(web.origin + path, timeout=60)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_path"


def test_headers_of_a_proxy_that_is_not_ours_change_nothing(web: Web) -> None:
    plain = httpx.get(web.origin + web.path, timeout=60)
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Original-URL": "/desk/"}
    marked = httpx.get(web.origin + web.path, headers=forged, timeout=60)
    assert (marked.status_code, marked.text) == (200, plain.text)
    assert "evil.example" not in httpx.get(f"{web.origin}/account/login/", headers=forged, timeout=60).text


@pytest.mark.parametrize("address", ["/", "/account/login/", "/api/v1/ticker", "/search/?q=a", "/no/such/page/"])
def test_every_answer_carries_the_security_headers(web: Web, address: str) -> None:
    headers = httpx.get(web.origin + address, timeout=60).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("address", ["/account/login/", "/account/signup/", "/account/delete/", "/desk/login/"])
def test_a_form_without_its_token_is_refused_in_words(web: Web, address: str) -> None:
    with browser(web) as stranger:
        answer = stranger.post(address, data={"login": "a", "password": "b", "sure": "yes"})
    assert answer.status_code == 403
    assert "too old" in answer.text


def test_guessing_passwords_at_the_desk_is_slowed_down(web: Web) -> None:
    with browser(web) as guesser:
        guesser.get("/desk/login/")
        token = guesser.cookies["csrftoken"]
        words = [
            guesser.post(
                "/desk/login/", data={"csrfmiddlewaretoken": token, "username": "editor", "password": f"guess-{n}"}
            ).text
            for n in range(7)
        ]
    assert "match" in words[0]
    assert "Too many failed login attempts" in words[-1]
