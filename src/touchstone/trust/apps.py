"""Registers the trust app with Django."""

from django.apps import AppConfig


class TrustConfig(AppConfig):
    """The trust app."""

    name = "touchstone.trust"
    verbose_name = "Trust"
