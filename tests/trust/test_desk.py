"""Editors settle stories at the desk: two people, with evidence."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from tests.factories import NOON, make_story, make_user, make_votes

from touchstone.readers.models import User
from touchstone.trust.actions import record_resolution, request_fit, run_due_fit, sign_resolution
from touchstone.trust.ballots import settled_outcomes
from touchstone.trust.models import Fit, Resolution
from touchstone.trust.queries import figures_of

pytestmark = pytest.mark.django_db


def make_editor(username: str) -> User:
    user = make_user(username, is_staff=False)
    user.groups.add(Group.objects.get_or_create(name="Editors")[0])
    from django.contrib.auth.models import Permission

    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


@pytest.fixture
def first(client: Client) -> User:
    user = make_editor("first")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def test_desk_lists_what_readers_doubt(client: Client, first: User) -> None:
    make_votes(make_story("Doubtful claim"), real=3, fake=17)
    page = client.get("/desk/trust/").content.decode()
    assert "Doubtful claim" in page
    assert "Contested" in page


def test_a_resolution_counts_only_after_a_second_person_signed(client: Client, first: User) -> None:
    story = make_story()
    client.post("/desk/trust/resolutions/new/", {"story": story.pk, "outcome": "debunked", "evidence": "The filing."})
    resolution = Resolution.objects.get()
    assert settled_outcomes() == {}
    client.post(f"/desk/trust/resolutions/{resolution.pk}/sign/")
    assert settled_outcomes() == {}
    client.force_login(make_editor("second"), backend="django.contrib.auth.backends.ModelBackend")
    client.post(f"/desk/trust/resolutions/{resolution.pk}/sign/")
    assert settled_outcomes()[story.pk][0] == 0
    client.post(f"/desk/trust/resolutions/{resolution.pk}/withdraw/")
    assert settled_outcomes() == {}


def test_a_resolution_without_evidence_is_refused_with_a_reason(client: Client, first: User) -> None:
    page = client.post(
        "/desk/trust/resolutions/new/", {"story": make_story().pk, "outcome": "confirmed", "evidence": " "}
    )
    assert "required" in page.content.decode()
    assert not Resolution.objects.exists()


def test_a_second_resolution_of_one_story_is_refused(client: Client, first: User) -> None:
    story = make_story()
    for _ in range(2):
        client.post("/desk/trust/resolutions/new/", {"story": story.pk, "outcome": "confirmed", "evidence": "Seen."})
    assert Resolution.objects.count() == 1


def test_somebody_without_the_right_does_not_get_in(client: Client) -> None:
    client.force_login(make_user("reader"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/desk/trust/").status_code in {302, 403}
    assert client.post("/desk/trust/fit/").status_code in {302, 403}


def test_a_fit_asked_for_at_the_desk_is_run_once_by_the_worker(client: Client, first: User) -> None:
    make_votes(make_story(), real=5)
    client.post("/desk/trust/fit/")
    done = run_due_fit(at=NOON)
    assert done is not None
    assert (done.state, done.votes, done.stories, done.progress_pct) == ("done", 5, 1, 100)
    assert run_due_fit(at=NOON) is None


def test_probability_is_published_once_twenty_stories_are_settled() -> None:
    one, two = make_user("one"), make_user("two")
    for number in range(20):
        story = make_story(f"Story {number}")
        make_votes(story, real=9 if number % 2 else 1, fake=1 if number % 2 else 9)
        outcome = "confirmed" if number % 2 else "debunked"
        resolution = record_resolution(story=story, outcome=outcome, evidence="Seen.", signer=one, at=NOON)
        if number:
            sign_resolution(resolution=resolution, signer=two, at=NOON)
    fresh = make_story("Fresh")
    make_votes(fresh, real=9, fake=1)
    run_due_fit(at=NOON)
    assert figures_of(fresh.pk).probability is None
    sign_resolution(resolution=Resolution.objects.get(second_signer=None), signer=two, at=NOON)
    request_fit(at=NOON)
    run_due_fit(at=NOON)
    probability = figures_of(fresh.pk).probability
    assert probability is not None
    assert probability > 0.8
    assert Fit.objects.filter(state="done").count() == 2
