"""The trust dashboard and the page that explains the scale."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from touchstone.trust.queries import panel_names
from touchstone.website.queries import trust


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """What readers make of the whole newsroom."""
    return render(request, "trust/dashboard.html", {"board": trust.dashboard_view(timezone.now())})


@require_safe
def method(request: HttpRequest) -> HttpResponse:
    """The scale in plain words, with worked examples."""
    context = {"examples": trust.worked_examples(), "labels": trust.label_rules(), "panel": panel_names()}
    return render(request, "trust/method.html", context)
