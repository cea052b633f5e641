"""Addresses of the pages that are not Wagtail pages."""

from django.contrib.sitemaps.views import sitemap
from django.urls import path, re_path
from django.views.generic import RedirectView

from touchstone.website import feeds
from touchstone.website.views import log, markets, newsroom, programs, reading, trust

app_name = "website"
urlpatterns = [
    path("assets/<slug:digest>/<path:path>", programs.asset, name="asset"),
    path("feed.xml", feeds.LatestStories(), name="feed"),
    path("sitemap.xml", sitemap, {"sitemaps": feeds.SITEMAPS}, name="sitemap"),
    path("favicon.ico", RedirectView.as_view(url="/favicon.svg", permanent=True)),
    path("favicon.svg", programs.icon, name="icon"),
    path("manifest.webmanifest", programs.manifest, name="manifest"),
    path("robots.txt", programs.robots, name="robots"),
    path("about/", reading.about, name="about"),
    path("corrections/", reading.corrections, name="corrections"),
    path("log/", RedirectView.as_view(url="/trust/#log-title"), name="log"),
    path("log/receipt/<uuid:reference>", log.receipt, name="receipt"),
    path("log/verify", log.verify, name="verify-receipt"),
    path("markets/", markets.board, name="board"),
    path("markets/<slug:slug>/", markets.instrument, name="instrument"),
    path("markets/baskets/<slug:slug>/", markets.basket, name="basket"),
    path("open-data/", reading.open_data, name="open-data"),
    path("search/", reading.search, name="search"),
    path("stories/<row_id:story_id>/versions/", reading.versions, name="versions"),
    re_path(
        r"^stories/(?P<story_id>\d{1,18})/versions/(?P<first>\d{1,9})\.\.(?P<second>\d{1,9})/$",
        reading.changes,
        name="changes",
    ),
    path("trust/", trust.dashboard, name="trust"),
    path("trust/method/", trust.method, name="method"),
]
# Apart from the others, as they come last; below _util/ are Wagtail's own forms for private pages.
newsroom_patterns = [re_path(r"^(?!_util/)((?:[\w\-]+/)*)$", newsroom.page, name="wagtail_serve")]
