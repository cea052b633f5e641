"""Addresses of the API and of the badge."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path

from touchstone.api.errors import error_body
from touchstone.api.views.badge import badge
from touchstone.api.views.public import api


def no_such_path(request: HttpRequest) -> HttpResponse:
    """A JSON 404 for everything below /api/ that is not there."""
    message = f"There is nothing at {request.path[:200]}; see /api/v1/openapi.json."
    return JsonResponse(error_body("unknown_path", message), status=404)


urlpatterns = [
    path("api/v1/", api.urls),
    re_path(r"^api/.*$", no_such_path),
    path("badge/<int:story_id>.svg", badge, name="badge"),
]
