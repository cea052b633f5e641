"""Signing in: no way to other sites, no way round a second factor, no telling who has an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client

from touchstone.readers.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_earlier_tries() -> None:
    cache.clear()


PASSWORD = "seven-green-harbours"


@pytest.fixture
def user() -> User:
    user = User.objects.create_superuser("mara", email="mara@example.org", password=PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(client: Client, user: User, to: str) -> None:
    answer = client.post("/account/login/", {"login": "mara", "password": PASSWORD, "next": to})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    client.logout()
    desk = client.post(f"/desk/login/?next={to}", {"username": "mara", "password": PASSWORD})
    assert (desk.status_code, desk["Location"]) == (302, "/desk/")


def test_signing_in_gives_the_session_a_new_key(client: Client, user: User) -> None:
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    before = session.session_key
    client.post("/account/login/", {"login": "mara", "password": PASSWORD})
    assert client.session.session_key != before


def test_the_desk_takes_a_password_alone_only_from_who_has_nothing_stronger(client: Client, user: User) -> None:
    form = {"username": "mara", "password": PASSWORD}
    assert client.post("/desk/login/", form).status_code == 302
    client.logout()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    refused = client.post("/desk/login/", form)
    assert refused.status_code == 200
    assert "Sign in at /account/login/" in refused.content.decode()
    assert client.get("/desk/").status_code == 302


def test_nobody_learns_whether_an_address_has_an_account(client: Client, user: User) -> None:
    def asked(address: str) -> tuple[int, str]:
        answer = client.post("/account/password/reset/", {"email": address})
        return answer.status_code, answer["Location"]

    assert asked("mara@example.org") == asked("nobody@example.org")
    known = client.post(
        "/account/signup/", {"email": "mara@example.org", "username": "mara2", "password1": "nine-tall-lamps"}
    )
    fresh = client.post(
        "/account/signup/", {"email": "new@example.org", "username": "newcomer", "password1": "nine-tall-lamps"}
    )
    assert (known.status_code, known["Location"]) == (fresh.status_code, fresh["Location"])


def test_the_mail_that_asks_to_confirm_names_the_newsroom(client: Client, db: None, settings: Any) -> None:
    settings.SITE_NAME = "The Example Courier"
    fields = {"email": "ann@example.org", "username": "ann", "password1": PASSWORD}
    assert client.post("/account/signup/", fields).status_code == 302
    (sent,) = mail.outbox
    assert "for the account ann at The Example Courier." in sent.body
    assert sent.body.rstrip().endswith(f"The Example Courier\n{settings.SITE_ORIGIN}")
    assert "testserver" not in re.sub(r"http://testserver/account/\S+", "", sent.body)


def test_an_account_counts_once_its_address_is_confirmed(client: Client, db: None) -> None:
    client.post(
        "/account/signup/", {"email": "confirmed@example.org", "username": "confirmed", "password1": "nine-tall-lamps"}
    )
    assert client.get("/account/email/").status_code == 302, "not signed in before the address is confirmed"
    link = re.search(r"http://[^\s/]+(/account/confirm-email/\S+)", mail.outbox[0].body)
    assert link
    page = client.get(link[1])
    assert "confirmed" in page.content.decode() or "confirmed@example.org" in page.content.decode()
    client.post(link[1])
    assert EmailAddress.objects.get(email="confirmed@example.org").verified


def test_too_many_tries_are_refused_in_the_site_s_own_words(client: Client, db: None) -> None:
    for number in range(30):
        answer = client.post("/account/password/reset/", {"email": f"a{number}@example.org"})
    assert answer.status_code == 429
    assert "too many times" in answer.content.decode()


def test_staff_choose_among_time_zones_that_browsers_know(client: Client, user: User) -> None:
    client.force_login(user)
    page = client.get("/desk/account/").content.decode()
    assert 'value="Europe/Berlin"' in page
    assert 'value="UTC"' in page
    assert 'value="localtime"' not in page
