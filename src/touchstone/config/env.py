"""Typed readers of settings from the environment; a bad value stops the start with one sentence."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class SettingError(Exception):
    """A setting in the environment is missing or unusable; the message names the variable and what to do."""

    def __init__(self, name: str, *, problem: str, remedy: str) -> None:
        self.name, self.problem, self.remedy = name, problem, remedy
        super().__init__(f"Setting {name} {problem}: {remedy}.")


def text(name: str, default: str) -> str:
    """The variable's text, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """A yes/no variable; raises SettingError on anything but 1, 0, true, false, yes, no, on, off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SettingError(name, problem=f"is {value!r}, not a yes or no", remedy="set it to 1 or 0")


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    """A variable that is one of a few words; raises SettingError otherwise."""
    value = text(name, default)
    if value not in among:
        raise SettingError(name, problem=f"is {value!r}", remedy=f"set it to {' or '.join(among)}")
    return value


def whole_number(name: str, default: int, *, low: int, high: int) -> int:
    """An integer variable within [low, high]; raises SettingError otherwise."""
    value = text(name, str(default))
    if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
        raise SettingError(name, problem=f"is {value!r}", remedy=f"set it to a whole number from {low} to {high}")
    return int(value)


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated variable as a list without empty parts."""
    value = text(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default


def hosts(name: str, default: list[str], own_origin: str) -> list[str]:
    """A comma-separated variable of host names; the host of the site's own origin is always among them."""
    own = urlsplit(own_origin).hostname or ""
    listed = names(name, default)
    return listed if own in listed else [*listed, f"[{own}]" if ":" in own else own]


def origin(name: str, default: str) -> str:
    """An http(s) origin such as https://news.example without a path; raises SettingError otherwise."""
    value = text(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
        raise SettingError(name, problem=f"is {value!r}", remedy="set it to an origin such as https://news.example")
    return value


def data_folder(name: str, default: Path) -> Path:
    """A folder that exists (it is made if need be) and can be written; raises SettingError otherwise."""
    folder = Path(text(name, str(default))).expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as err:
        raise SettingError(
            name,
            problem=f"is {str(folder)!r}, which cannot be written ({err.strerror})",
            remedy="choose a folder that this user may write, or change its permissions",
        ) from err
    return folder


def secret(name: str, keep_in: Path) -> str:
    """The secret from the environment, or one made once and kept in a file that only this user can read."""
    value = text(name, "")
    if value:
        if len(value) < 32:
            raise SettingError(name, problem="is shorter than 32 characters", remedy="set a long random value")
        return value
    if not keep_in.exists():
        descriptor = os.open(keep_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return keep_in.read_text().strip()


def token(name: str) -> str:
    """A secret that programs are given, "" where none is set; raises SettingError if it could be guessed."""
    value = text(name, "")
    if value and len(value) < 20:
        raise SettingError(name, problem="is shorter than 20 characters", remedy="set a long random value or none")
    return value


def database(name: str, default_file: Path) -> dict[str, object]:
    """Django's database settings from a URL: sqlite:///path or postgresql://user:password@host:port/name.

    Raises SettingError for any other scheme or a PostgreSQL address without a database name.
    """
    value = text(name, f"sqlite:///{default_file}")
    parts = urlsplit(value)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)))
    if parts.scheme in {"postgres", "postgresql"} and parts.path.strip("/"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or "") or dict(parse_qsl(parts.query)).get("host", ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
        }
    raise SettingError(
        name, problem="is not understood", remedy="use sqlite:///path or postgresql://user:password@host:5432/name"
    )


def _sqlite(file: Path) -> dict[str, object]:
    pragmas = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-32000;PRAGMA temp_store=MEMORY"
    pragmas += ";PRAGMA secure_delete=ON"  # what a reader erased must not linger in freed pages
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": pragmas},
        "TEST": {"NAME": str(file.with_name("test.sqlite3"))},
    }
