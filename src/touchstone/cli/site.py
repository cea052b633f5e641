"""Loads the site for commands that need it; a bad setting ends the command with one sentence."""

from __future__ import annotations

import os

import click


def load_site() -> None:
    """Set Django up; raises click.ClickException that names the variable when a setting is bad."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "touchstone.config.settings")
    from touchstone.config.env import SettingError

    try:
        import django

        django.setup()
    except SettingError as err:
        raise click.ClickException(str(err)) from err
