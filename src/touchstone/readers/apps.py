"""Registers the readers app with Django."""

from django.apps import AppConfig


class ReadersConfig(AppConfig):
    """The readers app."""

    name = "touchstone.readers"
    verbose_name = "Readers"
