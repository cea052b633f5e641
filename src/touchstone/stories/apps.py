"""Registers the stories app with Django."""

from django.apps import AppConfig


class StoriesConfig(AppConfig):
    """The stories app."""

    name = "touchstone.stories"
    verbose_name = "Stories"
