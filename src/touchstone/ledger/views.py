"""The log's public files and receipts over HTTP."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from touchstone.ledger import queries
from touchstone.ledger.errors import NoSuchEntry
from touchstone.ledger.receipts import ReceiptView

PROOF_TYPE = "text/plain; charset=utf-8"


@require_safe
def file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the log: checkpoint, tile, entries, openings, keys."""
    found = queries.log_file(path, at=timezone.now())
    if found is None:
        return _error(404, code="no_log_file", message=f"The vote log has no file {path[:100]!r}.", field="path")
    headers = {
        "Access-Control-Allow-Origin": "*",  # public data, for verifiers that run on other sites' pages
        "Cache-Control": found.cache_control,
        "ETag": f'"{hashlib.sha256(found.body).hexdigest()[:32]}"',
    }
    response = HttpResponse(found.body, content_type=found.content_type, headers=headers)
    return get_conditional_response(request, etag=headers["ETag"], response=response) or response


@require_safe
def open_data(_request: HttpRequest) -> HttpResponseBase:
    """The newest export of the vote log, as one archive."""
    archive = queries.open_data_archive()
    if archive is None:
        message = (
            "No export has been made yet; the worker makes it within a minute. The log's files themselves are at /log/."
        )
        return _error(404, code="no_export", message=message)
    return FileResponse(archive.open("rb"), as_attachment=True, headers={"Cache-Control": "public, max-age=60"})


@require_safe
def receipt_state(_request: HttpRequest, reference: UUID) -> HttpResponse:
    """How far an entry is, as JSON: pending, recorded (with its number and receipt file), erased or altered."""
    try:
        found = queries.receipt(reference)
    except NoSuchEntry as err:
        return _unknown(err)
    return _uncached(JsonResponse(_as_json(reference, found)))


@require_safe
def receipt_file(_request: HttpRequest, reference: UUID) -> HttpResponse:
    """The receipt, a c2sp.org/tlog-proof file to keep."""
    try:
        found = queries.receipt(reference)
    except NoSuchEntry as err:
        return _unknown(err)
    if found.content is None:
        message = {
            "pending": "The vote is recorded but not yet under a signed checkpoint; ask again in a second.",
            "erased": "The contents of this entry were erased at its reader's wish.",
            "altered": "The newsroom's database no longer fits the log it signed. Receipts given earlier stay good.",
        }[found.state]
        status = {"pending": 409, "erased": 410, "altered": 500}[found.state]
        return _error(status, code=f"receipt_{found.state}", message=message)
    response = HttpResponse(found.content, content_type=PROOF_TYPE)
    response["Content-Disposition"] = f'attachment; filename="entry-{found.number}-of-{found.log_name}.tlog-proof"'
    return _uncached(response)


def _as_json(reference: UUID, found: ReceiptView) -> dict[str, object]:
    address = f"/log/receipt/{reference}"
    return {
        "state": found.state,
        "number": found.number,
        "log": found.log_name or None,
        "page": address,
        "file": f"{address}.tlog-proof" if found.state == "recorded" else None,
    }


def _unknown(err: NoSuchEntry) -> HttpResponse:
    return _error(404, code="unknown_receipt", message=str(err), field="reference")


def _error(status: int, *, code: str, message: str, field: str | None = None) -> HttpResponse:
    return _uncached(JsonResponse({"error": {"code": code, "message": message, "field": field}}, status=status))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-store"
    return response
