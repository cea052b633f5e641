"""Which app answers which address."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from touchstone.website.urls import newsroom_patterns

urlpatterns = [
    path("desk/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("touchstone.votes.urls")),
    path("account/", include("allauth.urls")),
    path("", include("touchstone.api.urls")),
    re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT}),
    path("", include("touchstone.website.urls")),
    path("", include("touchstone.ledger.urls")),
    path("", include(newsroom_patterns)),
    path("", include(wagtail_urls)),
]
