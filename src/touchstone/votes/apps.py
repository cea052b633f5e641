"""Registers the votes app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class VotesConfig(AppConfig):
    """The votes app."""

    name = "touchstone.votes"
    verbose_name = "Votes"

    def ready(self) -> None:
        """Have accounts claim this browser's votes at sign-in."""
        from django.contrib.auth.signals import user_logged_in

        user_logged_in.connect(_signed_in, dispatch_uid="touchstone.votes.claim")


def _signed_in(request: Any, user: Any, **_: Any) -> None:
    from django.utils import timezone

    from touchstone.votes.actions import claim_reader
    from touchstone.votes.booth.door import COOKIE
    from touchstone.votes.booth.tokens import read_reader_key
    from touchstone.votes.errors import BadReaderKey

    value = getattr(request, "COOKIES", {}).get(COOKIE)
    if not value:
        return
    try:
        key, _made = read_reader_key(value)
    except BadReaderKey:
        return
    claim_reader(user=user, key=key, at=timezone.now())
