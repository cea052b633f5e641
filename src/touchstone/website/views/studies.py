"""The desk's report across stories: whether prices move before our stories, or after."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from touchstone.markets.queries import SCALES
from touchstone.readers.queries import is_editor
from touchstone.website.queries import leads

ROWS_SHOWN = 100


@require_safe
def lead_or_follow(request: HttpRequest) -> HttpResponse:
    """The verdict, the dots of all stories, the tests and the latest stories."""
    report = _report(request)
    context = {"report": report, "scales": SCALES.values(), "rows": report.pairs[:ROWS_SHOWN]}
    return render(request, "website/desk/lead_or_follow.html", context)


@require_safe
def lead_or_follow_csv(request: HttpRequest) -> HttpResponse:
    """All stories of the report as a table."""
    report = _report(request)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="lead-or-follow-{report.scale.name}.csv"'
    csv.writer(answer).writerows(leads.csv_rows(report))
    return answer


def _report(request: HttpRequest) -> leads.LeadReport:
    if not is_editor(request.user):
        raise PermissionDenied
    scale = request.GET.get("scale", "hours")
    if scale not in SCALES:
        raise Http404(f"There is no scale “{scale[:20]}”. Choose one of: {', '.join(SCALES)}.")
    return leads.lead_report(scale, datetime.now(UTC))
