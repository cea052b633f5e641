"""Registers the readers app with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class ReadersConfig(AppConfig):
    """The readers app."""

    name = "touchstone.readers"
    verbose_name = "Readers"

    def ready(self) -> None:
        """Keep tiers up to date with confirmed addresses and passkeys."""
        from allauth.account.signals import email_confirmed
        from allauth.mfa.signals import authenticator_added, authenticator_removed

        key = "touchstone.readers.tier"
        email_confirmed.connect(_address_confirmed, dispatch_uid=f"{key}.address")
        authenticator_added.connect(_passkeys_changed, dispatch_uid=f"{key}.added")
        authenticator_removed.connect(_passkeys_changed, dispatch_uid=f"{key}.removed")


def _address_confirmed(email_address: Any, **_: Any) -> None:
    from touchstone.readers.actions import refresh_tier

    refresh_tier(email_address.user)


def _passkeys_changed(user: Any, **_: Any) -> None:
    from touchstone.readers.actions import refresh_tier

    refresh_tier(user)
