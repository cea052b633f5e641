"""Registers the website app with Django."""

from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    """The website app."""

    name = "touchstone.website"
    verbose_name = "Website"
