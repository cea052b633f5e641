"""What can go wrong in the API, and the one shape in which it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError


class ApiError(Exception):
    """Root of the API's errors: a status, a stable code, a sentence and perhaps the field."""

    def __init__(self, status: int, *, code: str, message: str, field: str | None = None) -> None:
        self.status, self.code, self.message, self.field = status, code, message, field
        super().__init__(message)


class UnknownStory(ApiError):
    """No published story has that number."""

    def __init__(self, story_id: int) -> None:
        super().__init__(
            404,
            code="unknown_story",
            message=f"There is no published story {story_id}; GET /api/v1/stories lists those there are.",
            field="story_id",
        )


class UnknownInstrument(ApiError):
    """No instrument has that symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(
            404,
            code="unknown_instrument",
            message=f"There is no instrument {symbol!r}; GET /api/v1/instruments lists those there are.",
            field="symbol",
        )


class BadRange(ApiError):
    """A stretch of time ends before it begins."""

    def __init__(self, since: datetime, until: datetime) -> None:
        super().__init__(
            422,
            code="bad_range",
            message=f"`from` is {since:%Y-%m-%dT%H:%M:%SZ} and `to` is {until:%Y-%m-%dT%H:%M:%SZ}: "
            "`to` has to be later. Leave it out for now.",
            field="from",
        )


class BadCursor(ApiError):
    """The place in a list is not one that the API gave out."""

    def __init__(self, cursor: str) -> None:
        super().__init__(
            422,
            code="bad_cursor",
            message=f"The cursor {cursor[:40]!r} was not given out by this API; start without one.",
            field="cursor",
        )


def error_body(code: str, message: str, field: str | None = None) -> dict[str, dict[str, str | None]]:
    """The JSON of an error."""
    return {"error": {"code": code, "message": message, "field": field}}


def answer_errors(api: NinjaAPI) -> None:
    """Make every failure of the API answer in the one shape."""

    @api.exception_handler(ApiError)
    def _own(_request: HttpRequest, err: ApiError) -> HttpResponse:
        return JsonResponse(error_body(err.code, err.message, err.field), status=err.status)

    @api.exception_handler(ValidationError)
    def _invalid(_request: HttpRequest, err: ValidationError) -> HttpResponse:
        first = err.errors[0] if err.errors else {"loc": (), "msg": "The request was not understood."}
        field = str(first["loc"][-1]) if first["loc"] else None
        return JsonResponse(error_body("invalid", f"{field}: {first['msg']}.", field), status=422)

    @api.exception_handler(HttpError)
    def _http(_request: HttpRequest, err: HttpError) -> HttpResponse:
        return JsonResponse(error_body("bad_request", str(err)), status=err.status_code)


def refuse_methods_in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, but with a wrong method refused in the one shape: Ninja answers it in plain text."""

    @wraps(view)
    def refusing(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        allowed = response.headers.get("Allow", "")
        body = error_body("wrong_method", f"This address takes {allowed} only.")
        return JsonResponse(body, status=405, headers={"Allow": allowed})

    return refusing
