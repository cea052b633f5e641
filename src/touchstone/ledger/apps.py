"""Registers the ledger app with Django."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The ledger app."""

    name = "touchstone.ledger"
    verbose_name = "Ledger"
