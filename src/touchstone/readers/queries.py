"""Reads readers and how well they are known."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractUser, AnonymousUser

from touchstone.readers.models import Reader, User


def reader_of(user: User) -> Reader | None:
    """The reader that an account votes as; None before its first vote or sign-in."""
    return Reader.objects.filter(user=user).first()


def anonymous_reader(reader_id: UUID) -> Reader | None:
    """The reader behind an anonymous key, unless an account has claimed it."""
    return Reader.objects.filter(pk=reader_id, user=None, merged_into=None).first()


def tier_of(user: User) -> str:
    """How well we know that this account is one person."""
    if Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists():
        return Reader.Tier.PASSKEY
    addresses = EmailAddress.objects.filter(user=user)
    if addresses.exists() and not addresses.filter(verified=True).exists():
        return Reader.Tier.ANONYMOUS
    return Reader.Tier.ACCOUNT


def is_editor(user: AbstractUser | AnonymousUser) -> bool:
    """Whether that person answers for what the newsroom says: editors, publishers and superusers."""
    return _is_in(user, "Editors", "Publishers")


def is_publisher(user: AbstractUser | AnonymousUser) -> bool:
    """Whether that person answers for how the newsroom is run: publishers and superusers."""
    return _is_in(user, "Publishers")


def _is_in(user: AbstractUser | AnonymousUser, *groups: str) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=groups).exists()
