"""A database in a file of its own, for tests that look at, kill or fill what lies on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from touchstone.config import env


@contextmanager
def file_database(path: Path) -> Iterator[Path]:
    """Make `default` a fresh SQLite file with the site's own settings; the folder that holds its files."""
    folder = path.parent / (path.stem + "-files")
    folder.mkdir(parents=True, exist_ok=True)
    usual = connections["default"]
    fresh = connections.create_connection("default")
    fresh.settings_dict = {**usual.settings_dict, **env.database("UNSET_DATABASE_URL", folder / path.name)}
    connections["default"] = fresh
    try:
        call_command("migrate", "ledger", verbosity=0)
        yield folder
    finally:
        fresh.close()
        connections["default"] = usual
