"""One worker and one price feed per site."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from touchstone.config import alone


def test_the_second_process_of_a_role_stands_by_until_the_first_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "settings", SimpleNamespace(DATA_DIR=tmp_path))
    first, second, other = alone.FileLock("worker"), alone.FileLock("worker"), alone.FileLock("prices")
    assert first.take()
    assert not second.take()
    assert other.take()
    first.release()
    assert second.take()
    second.release()
    other.release()


def taken_at_last(lock: alone.DatabaseLock) -> bool:
    """PostgreSQL frees a lock when the process behind the closed connection has ended, which may take a moment."""
    deadline = time.monotonic() + 60
    while not lock.take():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_lock_in_postgresql_goes_with_its_connection() -> None:
    first, second = alone.DatabaseLock("worker"), alone.DatabaseLock("worker")
    assert first.take()
    assert not second.take()
    first.release()
    assert taken_at_last(second)
    assert second.is_held()
    second.release()


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_process_whose_lock_was_taken_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "LOOK_EVERY_S", 0.01)
    first, second = alone.DatabaseLock("prices"), alone.DatabaseLock("prices")
    assert first.take()
    first.release()
    assert taken_at_last(second)
    lost: list[str] = []
    monkeypatch.setattr(first, "is_held", lambda: False)
    first.guard(lost.append)
    assert lost == ["prices"]
    first.release()
    second.release()
