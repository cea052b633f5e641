"""Keeps the worker and the price feed single: a second one waits, and takes over when the first is gone."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

Role = Literal["worker", "prices"]
# Advisory locks of PostgreSQL, beside the ledger's own.
KEYS: dict[str, int] = {"worker": 0x7653_574B, "prices": 0x7653_5052}
LOOK_EVERY_S = 2.0


def wait_until_alone(role: Role) -> None:
    """Return once this process is the only one of its role; it stays so until it ends.

    On PostgreSQL the lock belongs to a connection of its own. If that is lost and another process takes over
    meanwhile, this process is told to end, as by SIGTERM. On SQLite the lock is a file in DATA_DIR.
    """
    lock = DatabaseLock(role) if connection.vendor == "postgresql" else FileLock(role)
    if not lock.take():
        logger.warning("Another %s process is at work; this one stands by and takes over when that one ends.", role)
        while not lock.take():
            time.sleep(LOOK_EVERY_S)
        logger.warning("This %s process takes over.", role)
    if isinstance(lock, DatabaseLock):
        threading.Thread(target=lock.guard, args=(_end,), name=f"alone-{role}", daemon=True).start()
    else:
        _held.append(lock)


_held: list[FileLock] = []


class FileLock:
    """A lock on a file; the kernel frees it when the process ends."""

    def __init__(self, role: Role) -> None:
        self._descriptor = os.open(
            Path(settings.DATA_DIR) / f"{role}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )

    def take(self) -> bool:
        """Whether the lock is ours."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let it go."""
        os.close(self._descriptor)


class DatabaseLock:
    """A session's advisory lock in PostgreSQL; it ends with the connection."""

    def __init__(self, role: Role) -> None:
        self.role, self._key = role, KEYS[role]
        self._connection: Any = connection.copy()
        self._connection.inc_thread_sharing()

    def take(self) -> bool:
        """Whether the lock is ours. While PostgreSQL is away it is nobody's."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._key])
                return bool(cursor.fetchone()[0])
        except DatabaseError as err:
            logger.warning("PostgreSQL gives no lock (%s); trying again.", err)
            self._connection.close()
            return False

    def is_held(self) -> bool:
        """Whether the connection that holds the lock is still good."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            self._connection.close()
            return False
        return True

    def release(self) -> None:
        """Let it go."""
        self._connection.close()

    def guard(self, lost: Callable[[str], None]) -> None:
        """Keep the lock; call `lost` and return if another process took it while our connection was broken."""
        while True:
            time.sleep(LOOK_EVERY_S)
            if self.is_held():
                continue
            if not self._take_again():
                lost(self.role)
                return

    def _take_again(self) -> bool:
        while True:
            try:
                self._connection.ensure_connection()
            except DatabaseError:
                time.sleep(LOOK_EVERY_S)
                continue
            return self.take()


def _end(role: str) -> None:
    logger.error("Another %s process took over while the database was away; this one ends.", role)
    os.kill(os.getpid(), signal.SIGTERM)
