"""The open data that the site itself offers: exported each night and on request, as one archive to download."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from touchstone.ledger import exporting
from touchstone.ledger.errors import FolderUnusable, LedgerError, NoLogYet

EXPORT_AFTER_HOUR = 3
ARCHIVE = "vote-log.zip"
STATE = "vote-log.json"
WANTED = "vote-log.wanted"


@dataclass(frozen=True, slots=True)
class OpenDataState:
    """How the last export went; `problem` is empty if it went well.

    at : when it began; files, size : of the archive, size in bytes; is_wanted : another one was asked for
    """

    at: datetime | None
    files: int
    size: int
    problem: str
    is_wanted: bool


def folder() -> Path:
    """Where the export lies."""
    return Path(settings.DATA_DIR) / "open-data"


def archive() -> Path | None:
    """The archive to download, if there is one."""
    path = folder() / ARCHIVE
    return path if path.exists() else None


def state() -> OpenDataState:
    """How the last export went, and whether another one was asked for."""
    is_wanted = (folder() / WANTED).exists()
    try:
        kept = json.loads((folder() / STATE).read_bytes())
    except (OSError, ValueError):
        return OpenDataState(None, 0, 0, "", is_wanted)
    path = archive()
    size = path.stat().st_size if path else 0
    return OpenDataState(datetime.fromisoformat(kept["at"]), kept["files"], size, kept["problem"], is_wanted)


def ask() -> None:
    """Have the worker export at its next look. Raises FolderUnusable."""
    path = folder() / WANTED
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as err:
        raise FolderUnusable(path=str(path), problem=err.strerror or str(err)) from err


def export_when_due(*, at: datetime) -> bool:
    """Export if somebody asked, if there is no export, or if that night's has not been made; whether it was tried."""
    known = state()
    is_night = known.at is None or (at.hour >= EXPORT_AFTER_HOUR and known.at.date() < at.date())
    if not (known.is_wanted or is_night):
        return False
    (folder() / WANTED).unlink(missing_ok=True)
    try:
        _export(at)
    except NoLogYet:
        return False
    except (LedgerError, OSError) as err:
        _keep_state(at, files=0, problem=str(err))
        raise
    return True


def withdraw() -> None:
    """Take the export down and ask for another, because it may hold what was erased since."""
    if not (folder() / STATE).exists():
        return
    for leftover in (ARCHIVE, f"{ARCHIVE}.new.zip", STATE):
        (folder() / leftover).unlink(missing_ok=True)
    for part in ("vote-log", "vote-log.new", "vote-log.old"):
        shutil.rmtree(folder() / part, ignore_errors=True)
    ask()


def _export(at: datetime) -> None:
    place = folder() / "vote-log"
    place.parent.mkdir(parents=True, exist_ok=True)
    at_ms = int(at.timestamp() * 1000)
    files = exporting.export(place, at_ms=at_ms, with_audit=False, progress=lambda _done, _total: None)
    draft = shutil.make_archive(str(folder() / f"{ARCHIVE}.new"), "zip", root_dir=folder(), base_dir="vote-log")
    Path(draft).replace(folder() / ARCHIVE)
    _keep_state(at, files=files, problem="")


def _keep_state(at: datetime, *, files: int, problem: str) -> None:
    fields = {"at": at.astimezone(UTC).isoformat(), "files": files, "problem": problem}
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / STATE).write_text(json.dumps(fields))
