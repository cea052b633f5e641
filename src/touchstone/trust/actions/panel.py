"""Appoint and dismiss the anchor panel: named readers who hold the earned key until others have earned it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from touchstone.readers.models import Reader, User
from touchstone.trust.errors import NotAppointed
from touchstone.trust.models import AnchorMember

LARGEST_PANEL = 30


@transaction.atomic
def appoint_anchor(*, reader: Reader, name: str, by: User, at: datetime) -> AnchorMember:
    """Put a reader on the panel under a public name; the next full fit counts and logs it. Raises NotAppointed."""
    name = name.strip()
    sitting = AnchorMember.objects.filter(left_at=None)
    if not name:
        raise NotAppointed(name, reason="the panel is public, so give the name that readers shall see")
    if sitting.filter(reader=reader).exists():
        raise NotAppointed(name, reason="the account sits on it already")
    if sitting.count() >= LARGEST_PANEL:
        raise NotAppointed(name, reason=f"it has {LARGEST_PANEL} members; dismiss one first")
    return AnchorMember.objects.create(reader=reader, name=name, joined_at=at, appointed_by=by)


def dismiss_anchor(*, member: AnchorMember, at: datetime) -> bool:
    """Take a reader off the panel; what the reader has earned stays. False if the reader had left already."""
    return bool(AnchorMember.objects.filter(pk=member.pk, left_at=None).update(left_at=at))
