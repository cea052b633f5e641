"""Writes readers: for accounts, for claimed keys, and their standing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from touchstone.readers.models import Reader, User
from touchstone.readers.queries import tier_of


def ensure_reader(user: User, *, at: datetime) -> Reader:
    """The reader that an account votes as, made now if there is none."""
    reader, _ = Reader.objects.get_or_create(user=user, defaults={"tier": tier_of(user), "created_at": at})
    return reader


def give_to_account(reader: Reader, user: User) -> None:
    """Make an anonymous reader, with all their votes, the reader of an account that has none."""
    reader.user, reader.tier = user, tier_of(user)
    reader.save(update_fields=["user", "tier"])


def mark_merged(reader: Reader, *, into: Reader) -> None:
    """Note that another reader has taken over this one's votes; the key may vote no more."""
    reader.merged_into = into
    reader.save(update_fields=["merged_into"])


def refresh_tier(user: User) -> None:
    """Bring the tier up to date after an address was confirmed or a passkey came or went."""
    Reader.objects.filter(user=user).update(tier=tier_of(user))


@transaction.atomic
def set_standings(standings: Mapping[UUID, int]) -> int:
    """Set readers' earned weight in sixteenths, all others to 0; how many rows changed."""
    changed = Reader.objects.exclude(pk__in=list(standings)).exclude(standing=0).update(standing=0)
    for level in sorted(set(standings.values())):
        readers = [reader for reader, held in standings.items() if held == level]
        changed += Reader.objects.filter(pk__in=readers).exclude(standing=level).update(standing=level)
    return changed


def delete_reader(reader: Reader) -> None:
    """Delete a reader and the account behind it; votes and their history go with them."""
    user = reader.user
    reader.delete()
    if user is not None:
        user.delete()
