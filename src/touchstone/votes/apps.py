"""Registers the votes app with Django."""

from django.apps import AppConfig


class VotesConfig(AppConfig):
    """The votes app."""

    name = "touchstone.votes"
    verbose_name = "Votes"
