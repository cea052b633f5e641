"""Registers the markets app with Django."""

from django.apps import AppConfig


class MarketsConfig(AppConfig):
    """The markets app."""

    name = "touchstone.markets"
    verbose_name = "Markets"
