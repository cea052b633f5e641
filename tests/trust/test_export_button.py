"""*Export now* at the desk: editors and publishers ask for the open data, nobody else can."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.test import Client
from tests.factories import make_user
from tests.ledger.ballots import queue_vote

from touchstone.ledger import actions
from touchstone.ledger.queries import open_data_state

pytestmark = pytest.mark.django_db

BUTTON = "/desk/trust/export/"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of its own, in which nothing was exported and nobody asked."""
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)


def at_desk(group: str, *, careful: bool = False) -> Client:
    """Somebody of that group, signed in; a careful client checks tokens as a real one is checked."""
    user = make_user(group.lower(), is_staff=False)
    user.groups.add(Group.objects.get_or_create(name=group)[0])
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client(enforce_csrf_checks=careful)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_whoever_may_sign_presses_it_and_sees_the_worker_do_it(group: str) -> None:
    queue_vote("ann")
    actions.advance(at=datetime.now(UTC))
    actions.export_when_due(at=datetime.now(UTC))  # so that no export is due by itself
    client = at_desk(group)
    assert "Another export was asked for" not in client.get("/desk/trust/").content.decode()
    page = client.post(BUTTON, follow=True).content.decode()
    assert "The worker exports the open data within seconds" in page
    assert "Another export was asked for" in page
    queue_vote("bob")
    actions.advance(at=datetime.now(UTC))
    before = open_data_state().at
    assert actions.export_when_due(at=datetime.now(UTC))
    assert open_data_state().at != before
    page = client.get("/desk/trust/").content.decode()
    assert re.search(r"Exported on .* UTC: \d+ files", page)
    assert "Another export was asked for" not in page
    assert not actions.export_when_due(at=datetime.now(UTC)), "one press is one export"


@pytest.mark.parametrize("group", ["Authors", "Moderators"])
def test_others_at_the_desk_are_refused(group: str) -> None:
    client = at_desk(group)
    answer = client.post(BUTTON)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    assert "permission" in client.get("/desk/").content.decode()
    assert not open_data_state().is_wanted


def test_readers_and_strangers_are_refused(client: Client) -> None:
    assert client.post(BUTTON)["Location"].startswith("/desk/login/")
    client.force_login(make_user("reader"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(BUTTON)["Location"].startswith("/desk/login/")
    assert not open_data_state().is_wanted


def test_it_takes_the_token_of_the_page_it_stands_on() -> None:
    client = at_desk("Editors", careful=True)
    page = client.get("/desk/trust/").content.decode()
    assert client.post(BUTTON).status_code == 403
    assert client.post(BUTTON, {"csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert not open_data_state().is_wanted
    token = re.search(rf'action="{BUTTON}"><input type="hidden" name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token, "the button carries a token"
    assert client.post(BUTTON, {"csrfmiddlewaretoken": token[1]}).status_code == 302
    assert open_data_state().is_wanted


def test_a_link_to_it_does_nothing() -> None:
    assert at_desk("Editors").get(BUTTON).status_code == 405
    assert not open_data_state().is_wanted


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "open-data").write_text("a file where a folder should be")
    page = at_desk("Editors").post(BUTTON, follow=True).content.decode()
    assert "cannot be used" in page
    assert "Check DATA_DIR" in page
