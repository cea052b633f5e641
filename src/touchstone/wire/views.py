"""The wire at the editor's desk: what came in, drafted or dismissed with one press."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from touchstone.readers.models import User
from touchstone.stories.models import SectionPage
from touchstone.wire import actions, queries
from touchstone.wire.models import FeedItem

ITEMS_PER_PAGE = 30


def _editor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def incoming(request: HttpRequest) -> HttpResponse:
    """Items that wait for somebody, and how the feeds are."""
    _editor(request)
    page = Paginator(queries.waiting_items(), ITEMS_PER_PAGE).get_page(request.GET.get("p"))
    context = {"items": page, "feeds": queries.feeds(), "sections": SectionPage.objects.live().order_by("path")}
    return render(request, "wire/desk/incoming.html", context)


@require_POST
def draft(request: HttpRequest, item_id: int) -> HttpResponse:
    """Make a draft of an item and open it."""
    editor = _editor(request)
    item = get_object_or_404(FeedItem, pk=item_id)
    section = get_object_or_404(SectionPage, pk=request.POST.get("section") or 0)
    if not section.permissions_for_user(editor).can_add_subpage():
        raise PermissionDenied
    story = actions.draft_story(item=item, section=section, editor=editor)
    return redirect("wagtailadmin_pages:edit", story.pk)


@require_POST
def dismiss(request: HttpRequest, item_id: int) -> HttpResponse:
    """Take an item off the desk."""
    _editor(request)
    actions.dismiss_item(item=get_object_or_404(FeedItem, pk=item_id))
    messages.success(request, "Dismissed.")
    return redirect("wire_desk")
