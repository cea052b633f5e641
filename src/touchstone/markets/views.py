"""The price feed at the editor's desk: how each source is doing, and why ticks were refused."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.markets import queries

WATCHING_GROUPS = ("Editors", "Publishers")


def may_see_feed(user: AbstractUser | AnonymousUser) -> bool:
    """Whether that person may see how the feed is doing: editors, publishers and superusers."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_superuser or user.groups.filter(name__in=WATCHING_GROUPS).exists()


@require_safe
def feed_health(request: HttpRequest) -> HttpResponse:
    """Every source with its last tick, what was believed and what was refused, and instruments without a price."""
    if not may_see_feed(request.user):
        raise PermissionDenied
    return render(request, "markets/desk/feed.html", {"feed": queries.feed_health(timezone.now())})
