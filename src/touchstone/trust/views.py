"""The trust pages of the editor's desk: doubts, resolutions, fits."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from touchstone.ledger.actions import ask_for_export
from touchstone.ledger.errors import LedgerError
from touchstone.ledger.queries import open_data_state, refusal
from touchstone.readers.actions import ensure_reader
from touchstone.readers.models import User
from touchstone.readers.queries import is_editor, is_publisher
from touchstone.trust import actions
from touchstone.trust.errors import TrustError
from touchstone.trust.forms import AnchorForm, ResolutionForm
from touchstone.trust.models import AnchorMember, Fit, Resolution
from touchstone.trust.queries import most_doubted

ROWS = 50


def _signer(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not is_editor(request.user):
        raise PermissionDenied
    return request.user


def _publisher(request: HttpRequest) -> User:
    if not isinstance(request.user, User) or not is_publisher(request.user):
        raise PermissionDenied
    return request.user


def overview(request: HttpRequest) -> HttpResponse:
    """What readers doubt, what has been resolved, and how the engine's fits went."""
    _signer(request)
    context = {
        "doubted": most_doubted(limit=10),
        "resolutions": Resolution.objects.select_related("story", "first_signer", "second_signer")[:ROWS],
        "fits": Fit.objects.all()[:10],
        "open_data": open_data_state(),
        "ledger_refusal": refusal(),
        "panel": AnchorMember.objects.filter(left_at=None).select_related("appointed_by"),
        "may_appoint": is_publisher(request.user),
    }
    return render(request, "trust/desk/overview.html", context)


def new_resolution(request: HttpRequest) -> HttpResponse:
    """Record what a story turned out to be."""
    signer = _signer(request)
    form = ResolutionForm(request.POST or None, initial={"story": request.GET.get("story")})
    if request.method == "POST" and form.is_valid():
        try:
            actions.record_resolution(signer=signer, at=datetime.now(UTC), **form.cleaned_data)
        except TrustError as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, "Recorded. It counts once a second person has signed it.")
            return redirect("trust_desk")
    context = {"form": form, "submit_button_label": "Sign and record", "page_title": "Resolve a story"}
    return render(request, "trust/desk/new_resolution.html", context)


@require_POST
def sign(request: HttpRequest, resolution_id: int) -> HttpResponse:
    """Put the second signature under a resolution."""
    signer = _signer(request)
    resolution = get_object_or_404(Resolution, pk=resolution_id)
    try:
        actions.sign_resolution(resolution=resolution, signer=signer, at=datetime.now(UTC))
        messages.success(request, f"Signed: “{resolution.story.title}” is {resolution.get_outcome_display().lower()}.")
    except TrustError as err:
        messages.error(request, str(err))
    return redirect("trust_desk")


@require_POST
def withdraw(request: HttpRequest, resolution_id: int) -> HttpResponse:
    """Take a resolution back."""
    _signer(request)
    resolution = get_object_or_404(Resolution, pk=resolution_id)
    try:
        actions.withdraw_resolution(resolution=resolution, at=datetime.now(UTC))
        messages.success(request, "Withdrawn. The next fit grades readers without it.")
    except TrustError as err:
        messages.error(request, str(err))
    return redirect("trust_desk")


def appoint(request: HttpRequest) -> HttpResponse:
    """Put an account on the anchor panel."""
    publisher = _publisher(request)
    form = AnchorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, account = datetime.now(UTC), form.cleaned_data["username"]
        try:
            reader = ensure_reader(account, at=now)
            actions.appoint_anchor(reader=reader, name=form.cleaned_data["name"], by=publisher, at=now)
        except TrustError as err:
            form.add_error(None, str(err))
        else:
            messages.success(request, "Appointed. The next full fit counts it and writes the panel into the vote log.")
            return redirect("trust_desk")
    context = {"form": form, "submit_button_label": "Appoint", "page_title": "Appoint to the anchor panel"}
    return render(request, "trust/desk/appoint.html", context)


@require_POST
def dismiss(request: HttpRequest, member_id: int) -> HttpResponse:
    """Take an account off the anchor panel."""
    _publisher(request)
    member = get_object_or_404(AnchorMember, pk=member_id)
    actions.dismiss_anchor(member=member, at=datetime.now(UTC))
    messages.success(request, f"{member.name} has left the panel; the next full fit counts without it.")
    return redirect("trust_desk")


@require_POST
def request_fit(request: HttpRequest) -> HttpResponse:
    """Ask the worker for a full fit now."""
    _signer(request)
    actions.request_fit(at=datetime.now(UTC))
    messages.success(request, "The worker starts a full fit within seconds; reload to see how far it is.")
    return redirect("trust_desk")


@require_POST
def request_export(request: HttpRequest) -> HttpResponse:
    """Ask the worker to export the vote log's open data now."""
    _signer(request)
    try:
        ask_for_export()
        messages.success(request, "The worker exports the open data within seconds; reload to see the result.")
    except LedgerError as err:
        messages.error(request, str(err))
    return redirect("trust_desk")
