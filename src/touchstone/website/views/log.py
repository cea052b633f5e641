"""Pages of the vote log for people: one receipt, and a page that checks receipts in the browser."""

from __future__ import annotations

import time
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from touchstone.ledger import queries as ledger
from touchstone.ledger.errors import NoSuchEntry

PROMISED_WITHIN_S = 60  # a receipt takes about a second


@require_safe
def receipt(request: HttpRequest, reference: UUID) -> HttpResponse:
    """How far one vote is in the log, with its receipt to keep."""
    try:
        found = ledger.receipt(reference)
    except NoSuchEntry as err:
        raise Http404(str(err)) from err
    is_late = found.since_ms is not None and time.time() - found.since_ms / 1000 > PROMISED_WITHIN_S
    context = {"reference": reference, "receipt": found, "is_late": is_late}
    response = render(request, "ledger/receipt.html", context)
    response["Cache-Control"] = "private, no-store"
    if found.state == "pending":
        response["Refresh"] = "30" if is_late else "1"
    return response


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """A page whose script checks a receipt on the reader's own machine and explains each step."""
    return render(request, "ledger/verify.html", {"policy": ledger.policy_text()})
