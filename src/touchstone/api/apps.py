"""Registers the api app with Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The api app."""

    name = "touchstone.api"
    verbose_name = "Api"
