"""Runs one of PostgreSQL's programs on the database of DATABASE_URL: `python deploy/postgres.py pg_dump --file=X`.

The address goes by the environment: as an argument its password would be shown to every user who runs `ps`.
"""

import os
import sys

from touchstone.config.env import SettingError, database

NAMES = {"NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "HOST": "PGHOST", "PORT": "PGPORT"}


def main() -> None:
    """Become the program."""
    settings = database("DATABASE_URL", None)
    named = {variable: str(settings[name]) for name, variable in NAMES.items() if settings[name]}
    os.execvpe(sys.argv[1], sys.argv[1:], {**os.environ, **named})  # noqa: S606


if __name__ == "__main__":
    try:
        main()
    except (SettingError, OSError) as err:
        sys.exit(f"{sys.argv[1]}: {err}")
