"""What the ledger keeps outside the database: signing keys, the mark of what was signed, and one lock."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from touchstone.ledger.errors import FolderUnusable, KeyMissing, MarkMissing, SequencerBusy
from touchstone.transparency import EMPTY_ROOT, Malformed, SigningKey, VerifierKey

LOOK_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Mark:
    """The highest tree head of a log that was ever handed to the signing key."""

    size: int
    root: bytes
    signed_at_ms: int


def folder() -> Path:
    """Where keys, marks and the lock lie; made on first use, for this user only. Raises FolderUnusable."""
    path = Path(settings.LEDGER_DIR)
    with _named(path):
        for part in (path, path / "keys", path / "marks"):
            part.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


@contextmanager
def exclusive(*, wait_s: float = 0.0) -> Iterator[None]:
    """Hold the ledger's lock on this machine; the kernel frees it when the process dies. Raises SequencerBusy."""
    path = folder() / "lock"
    with _named(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, time.monotonic() + wait_s)
        yield
    finally:
        os.close(descriptor)


def read_mark(log_name: str, *, origin: str) -> Mark:
    """The log's mark. Raises MarkMissing, or FolderUnusable when the file cannot be read or understood."""
    path = _mark_path(log_name)
    with _named(path):
        if not path.exists():
            raise MarkMissing(origin=origin, path=str(path))
        try:
            fields = json.loads(path.read_bytes())
            return Mark(int(fields["size"]), bytes.fromhex(fields["root"]), int(fields["signed_at_ms"]))
        except (ValueError, KeyError, TypeError) as err:
            raise FolderUnusable(path=str(path), problem="it does not hold a size, a root and a time") from err


def write_mark(log_name: str, mark: Mark) -> None:
    """Replace the log's mark so that it survives a power cut the moment this returns. Raises FolderUnusable."""
    fields = {"root": mark.root.hex(), "signed_at_ms": mark.signed_at_ms, "size": mark.size}
    _write_durably(_mark_path(log_name), json.dumps(fields).encode() + b"\n")


def prepare_log(log_name: str, *, origin: str, at_ms: int) -> SigningKey:
    """Mark and first signing key of a log, made if they do not exist: the mark first, so that a key never lacks one."""
    mark, path = _mark_path(log_name), _key_path(log_name)
    if not mark.exists() and not path.exists():
        write_mark(log_name, Mark(0, EMPTY_ROOT, at_ms))
    if not path.exists() and read_mark(log_name, origin=origin).size == 0:
        _write_durably(path, SigningKey.generate(origin).secret_text().encode() + b"\n")
    return _load_key(path, origin=origin)


def read_key(log_name: str, vkey: str) -> SigningKey:
    """The private half of a log's public key. Raises KeyMissing or FolderUnusable."""
    public = VerifierKey.parse(vkey)
    for path in (_changed_key_path(log_name, public), _key_path(log_name)):
        if path.exists() and (key := _load_key(path, origin=public.name)).verifier == public:
            return key
    raise KeyMissing(origin=public.name, path=str(path))


def store_key(log_name: str, key: SigningKey) -> None:
    """Keep a further signing key of a log, readable by this user only."""
    _write_durably(_changed_key_path(log_name, key.verifier), key.secret_text().encode() + b"\n")


def free_name(wanted: str) -> str:
    """The wanted log name, or the first of wanted-2, wanted-3 … that no mark or key uses yet."""
    name, number = wanted, 1
    while _mark_path(name).exists() or _key_path(name).exists():
        number += 1
        name = f"{wanted}-{number}"
    return name


def _mark_path(log_name: str) -> Path:
    return folder() / "marks" / f"{log_name}.json"


def _key_path(log_name: str) -> Path:
    return folder() / "keys" / f"{log_name}.key"


def _changed_key_path(log_name: str, key: VerifierKey) -> Path:
    return folder() / "keys" / f"{log_name}-{key.key_id.hex()}.key"


def _load_key(path: Path, *, origin: str) -> SigningKey:
    with _named(path):
        if not path.exists():
            raise KeyMissing(origin=origin, path=str(path))
        try:
            return SigningKey.parse(path.read_text().strip())
        except Malformed as err:
            raise FolderUnusable(path=str(path), problem="it does not hold a signing key") from err


def _write_durably(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with _named(path):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        parent = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)


def _lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            if time.monotonic() >= deadline:
                raise SequencerBusy from err
            time.sleep(LOOK_EVERY_S)
        else:
            return


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        raise FolderUnusable(path=str(path), problem=err.strerror or str(err)) from err
