"""Addresses of the pages that are not Wagtail pages."""

from django.urls import path

from touchstone.website import views

app_name = "website"
urlpatterns = [
    path("assets/<slug:digest>/<path:path>", views.asset, name="asset"),
    path("favicon.svg", views.icon, name="icon"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("robots.txt", views.robots, name="robots"),
    path("search/", views.search, name="search"),
]
