"""The open data: everything public about the vote logs, as files that a verifier reads offline."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from touchstone.ledger.errors import FolderUnusable, LogAltered, NoLogYet
from touchstone.ledger.models import Log, LogKey, Opening
from touchstone.ledger.publishing import newest_published
from touchstone.ledger.serving import log_resource
from touchstone.ledger.witnessing import public_policy
from touchstone.transparency import (
    CHECKPOINT,
    ENTRIES,
    HORIZON,
    LOGS,
    OPENINGS,
    POLICY,
    DirectoryStore,
    Policy,
    TilePath,
    TransparencyError,
    VerifierKey,
    encode_openings,
    open_log,
    read_entries,
    tiles_at_level,
    tiles_of,
)
from touchstone.transparency import Opening as Sealed

AUDIT = "audit"
Progress = Callable[[int, int], None]


def export(folder: Path, *, at_ms: int, with_audit: bool, progress: Progress) -> int:
    """Write the open data to a new or earlier-exported folder; the number of files.

    The files are written beside the folder and then take its place, so a reader never sees half an export.
    What does not pass the verifier is not given out: the site is the first to hear that its own rows were changed.
    with_audit adds the audit openings, which name readers across stories: for a sworn auditor, never for the web.
    Raises NoLogYet, FolderUnusable, LogAltered.
    """
    draft = folder.with_name(folder.name + ".new")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        written = _write_all(draft, at_ms=at_ms, with_audit=with_audit, progress=progress)
        _require_verified(draft)
        _take_place(folder, draft)
    except OSError as err:
        raise FolderUnusable(path=str(folder), problem=err.strerror or str(err)) from err
    return written


def _write_all(folder: Path, *, at_ms: int, with_audit: bool, progress: Progress) -> int:
    # No transaction: on SQLite it would keep votes out for as long as this takes. Rows below a checkpoint's size never
    # change, so it is enough to keep to the checkpoints found at the start.
    found = [(log, newest) for log in Log.objects.order_by("id") if (newest := newest_published(log))]
    if not found:
        raise NoLogYet
    logs = [(log, newest.head.size) for log, newest in found]
    paths = [(log, path) for log, size in logs for path in _paths(size)]
    _write(folder / LOGS, "".join(f"{log.name} {log.origin}\n" for log, _newest in found).encode())
    _write(folder / POLICY, public_policy().encode())
    for log, newest in found:
        _write(folder / log.name / CHECKPOINT, newest.note)
    for done, (log, path) in enumerate(paths, start=1):
        resource = log_resource(log, path, at_ms=at_ms)
        if resource is not None:
            _write(folder / log.name / path, resource.body)
        progress(done, len(paths))
    for log, size in logs if with_audit else []:
        for tile in tiles_at_level(OPENINGS, size):
            _write(folder / AUDIT / log.name / str(tile), _audit_bundle(log, tile))
    return len(paths) + len(logs) + 2


def _require_verified(folder: Path) -> None:
    for log in Log.objects.order_by("id"):
        keys = LogKey.objects.filter(log=log).values_list("vkey", flat=True)
        if not (folder / log.name).exists():
            continue
        try:
            _signed, reader = open_log(DirectoryStore(folder / log.name), Policy.for_log(*map(VerifierKey.parse, keys)))
            for _entry in read_entries(reader):
                pass
        except TransparencyError as err:
            raise LogAltered(origin=log.origin, step=err.step, problem=str(err)) from err


def _paths(size: int) -> Iterator[str]:
    yield HORIZON
    yield from map(str, tiles_of(size))
    for kind in (ENTRIES, OPENINGS):
        yield from map(str, tiles_at_level(kind, size))


def _audit_bundle(log: Log, tile: TilePath) -> bytes:
    rows = Opening.objects.filter(log=log, index__gte=tile.start, index__lt=tile.start + tile.width)
    found: list[Sealed | None] = [None] * tile.width
    for index, payload, nonce in rows.values_list("index", "audit_payload", "audit_nonce"):
        if payload is not None and nonce is not None:
            found[index - tile.start] = Sealed(bytes(payload), bytes(nonce))
    return encode_openings(found)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _take_place(folder: Path, draft: Path) -> None:
    if folder.exists():
        if not (folder / LOGS).exists() and any(folder.iterdir()):
            raise FileExistsError(17, "it holds other files; name a new folder or an earlier export")
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        draft.rename(folder)
        shutil.rmtree(old)
    else:
        draft.rename(folder)
