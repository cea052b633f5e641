"""Registers the wire app with Django."""

from django.apps import AppConfig


class WireConfig(AppConfig):
    """The wire app."""

    name = "touchstone.wire"
    verbose_name = "Wire"
