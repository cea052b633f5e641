"""Addresses of the API, of the badge, and of what monitors ask."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path

from touchstone.api.errors import error_body, refuse_methods_in_json
from touchstone.api.views.badge import badge
from touchstone.api.views.health import health, metrics
from touchstone.api.views.public import api


def no_such_path(request: HttpRequest) -> HttpResponse:
    """A JSON 404 for everything below /api/ that is not there."""
    message = f"There is nothing at {request.path[:200]}; see /api/v1/openapi.json."
    return JsonResponse(error_body("unknown_path", message), status=404)


api_urls = api.urls
for pattern in api_urls[0]:
    assert pattern.callback is not None
    pattern.callback = refuse_methods_in_json(pattern.callback)
urlpatterns = [
    path("api/v1/", api_urls),
    re_path(r"^api/.*$", no_such_path),
    path("healthz", health),
    path("metrics", metrics),
    path("badge/<row_id:story_id>.svg", badge, name="badge"),
]
