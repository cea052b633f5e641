"""Writes readers: for accounts, for claimed keys, and their standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from touchstone.readers.models import Reader, User
from touchstone.readers.queries import tier_of

MANY = 500


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


@dataclass(frozen=True, slots=True)
class Standing:
    """What a full fit found out about one reader.

    level           : earned weight, 0 to 15
    settled_from_ms : since when the reader is no newcomer; None means not yet
    in_lockstep     : whether the reader belongs to a coordinated group
    """

    level: int = 0
    settled_from_ms: int | None = None
    in_lockstep: bool = False


def set_standings(standings: Mapping[UUID, Standing]) -> int:
    """Write down what a full fit found out about these readers; how many rows changed. Short transactions."""
    rows = Reader.objects.filter(Q(pk__in=standings) if len(standings) < MANY else Q())
    known = rows.values_list("pk", "level", "settled_from_ms", "in_lockstep")
    stale = [
        Reader(pk=pk, level=new.level, settled_from_ms=new.settled_from_ms, in_lockstep=new.in_lockstep)
        for pk, level, since, in_lockstep in known.iterator(chunk_size=MANY)
        if (new := standings.get(pk)) is not None and new != Standing(level, since, in_lockstep)
    ]
    for first in range(0, len(stale), MANY):
        Reader.objects.bulk_update(stale[first : first + MANY], ["level", "settled_from_ms", "in_lockstep"])
    return len(stale)


def delete_reader(reader: Reader) -> None:
    """Delete a reader and the account behind it; votes and their history go with them."""
    user = reader.user
    reader.delete()
    if user is not None:
        user.delete()
