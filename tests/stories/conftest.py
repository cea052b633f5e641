"""A set-up newsroom with its three kinds of people."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Group
from django.core.files.images import ImageFile
from django.test import Client
from PIL import Image
from tests.factories import make_author, make_user

from touchstone.readers.models import User
from touchstone.stories.actions import set_up_newsroom
from touchstone.stories.models import NewsImage, SectionPage


@pytest.fixture
def newsroom(db: None) -> SectionPage:
    """A newsroom as it stands after its set-up; its section Technology."""
    set_up_newsroom()
    make_author()
    return SectionPage.objects.get(slug="technology")


def staff(username: str, group: str) -> User:
    """An account in a group, with its e-mail address confirmed."""
    user = make_user(username)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def author(newsroom: SectionPage) -> Client:
    """The desk as an author sees it."""
    return signed_in(staff("wanda", "Authors"))


@pytest.fixture
def editor(newsroom: SectionPage) -> Client:
    """The desk as an editor sees it."""
    return signed_in(staff("edda", "Editors"))


@pytest.fixture
def second_editor(newsroom: SectionPage) -> Client:
    """The desk as another editor sees it."""
    return signed_in(staff("otto", "Editors"))


def signed_in(user: User) -> Client:
    """A browser in which that account is signed in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_image(*, description: str = "A net of nodes", credit: str = "Newsroom") -> NewsImage:
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", (64, 36), "navy").save(file, "PNG")
    file.seek(0)
    return NewsImage.objects.create(
        title="Nodes", file=ImageFile(file, name="nodes.png"), description=description, credit=credit
    )
