"""Addresses of the pages that are not Wagtail pages."""

from django.urls import path

from touchstone.website import views

app_name = "website"
urlpatterns = [
    path("assets/<slug:digest>/<path:path>", views.asset, name="asset"),
    path("search/", views.search, name="search"),
]
