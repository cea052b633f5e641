"""Each year has a log of its own, chained to the last; keys may change within one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.ledger.ballots import AT, opened, queue_vote

from touchstone.ledger import actions, queries, rotation
from touchstone.ledger.models import Log, LogEntry, LogKey, Signature
from touchstone.transparency import DirectoryStore, Policy, SuccessionBroken, VerifierKey, fields_of, open_site

pytestmark = pytest.mark.django_db

NEW_YEAR = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)


def policy(*vkeys: str) -> Policy:
    return Policy.for_log(*(VerifierKey.parse(vkey) for vkey in vkeys))


def exported(folder: Path) -> DirectoryStore:
    actions.export_open_data(folder, at=NEW_YEAR + timedelta(days=3))
    return DirectoryStore(folder)


def test_the_new_year_closes_the_log_and_opens_the_next(tmp_path: Path) -> None:
    for number in range(3):
        queue_vote(f"{number}")
    actions.advance(at=AT)
    queue_vote("in the last second", at=NEW_YEAR - timedelta(seconds=2))
    checkpoint = actions.advance(at=NEW_YEAR)
    assert checkpoint is not None
    assert opened(checkpoint.note).origin == "127.0.0.1:8000/log/2027"
    assert list(Log.objects.values_list("name", flat=True)) == ["2026", "2027"]
    queue_vote("in the new year", at=NEW_YEAR)
    actions.advance(at=NEW_YEAR)
    first_key = LogKey.objects.order_by("id").values_list("vkey", flat=True)[0]
    old, new = open_site(exported(tmp_path / "data"), policy(first_key))
    assert [entry.leaf.kind for entry in old.entries] == ["key-rotate", *["vote"] * 4, "key-rotate"]
    assert [entry.leaf.kind for entry in new.entries] == ["key-rotate", "vote"]
    assert fields_of(new.entries[0])["previous"] == {
        "origin": old.checkpoint.origin,
        "root": old.checkpoint.root.hex(),
        "size": 6,
    }


def test_a_site_that_moves_to_another_address_closes_its_log_and_opens_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = queue_vote("ann")
    actions.advance(at=AT)
    queue_vote("just before")
    monkeypatch.setattr(settings, "SITE_ORIGIN", "https://news.example")
    for reader in ("bob", "cleo"):
        checkpoint = actions.advance(at=AT)
        assert checkpoint is not None
        assert opened(checkpoint.note).origin == "news.example/log/2026-2"
        queue_vote(reader)
    assert queries.receipt(reference).state == "recorded"
    first_key = LogKey.objects.order_by("id").values_list("vkey", flat=True)[0]
    old, new = open_site(exported(tmp_path / "data"), policy(first_key))
    assert [entry.leaf.kind for entry in old.entries] == ["key-rotate", "vote", "vote", "key-rotate"]
    assert [entry.leaf.kind for entry in new.entries] == ["key-rotate", "vote"]
    assert fields_of(new.entries[0])["reason"] == "the site's address changed"


def test_old_receipts_stay_where_they_were() -> None:
    reference = queue_vote("ann")
    actions.advance(at=AT)
    actions.advance(at=NEW_YEAR)
    view = queries.receipt(reference)
    assert (view.state, view.log_name, view.number) == ("recorded", "2026", 2)


def test_a_clock_that_runs_back_reopens_nothing() -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    actions.advance(at=NEW_YEAR)
    queue_vote("bob", at=AT)
    actions.advance(at=AT)
    assert LogEntry.objects.filter(log__name="2027").count() == 2
    assert Log.objects.count() == 2


@pytest.mark.parametrize("step", ["publish_log", "start_log"])
def test_a_rotation_cut_short_is_finished_by_the_next_turn(
    step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queue_vote("ann")
    actions.advance(at=AT)

    def crash(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(rotation, step, crash)
        with pytest.raises(RuntimeError):
            actions.advance(at=NEW_YEAR)
    queue_vote("bob", at=NEW_YEAR)
    actions.advance(at=NEW_YEAR)
    first_key = LogKey.objects.order_by("id").values_list("vkey", flat=True)[0]
    old, new = open_site(exported(tmp_path / "data"), policy(first_key))
    assert (old.checkpoint.size, new.checkpoint.size) == (3, 2)


def test_a_key_change_is_vouched_for_by_the_old_key() -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    old_key = LogKey.objects.get().vkey
    changed = actions.change_key(at=AT, reason="scheduled")
    assert changed.vkey != old_key
    assert Signature.objects.filter(key=old_key, checkpoint__size=3).exists()
    queue_vote("bob")
    actions.advance(at=AT)
    state = queries.log_state()
    assert state is not None
    assert policy(changed.vkey).open(state.note).checkpoint.size == 4
    assert set(Signature.objects.filter(checkpoint__size=4).values_list("key", flat=True)) == {changed.vkey}


def test_logs_in_the_wrong_order_do_not_follow_each_other(tmp_path: Path) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    actions.advance(at=NEW_YEAR)
    exported(tmp_path / "data")
    listed = tmp_path / "data" / "logs"
    listed.write_bytes(b"".join(reversed(listed.read_bytes().splitlines(keepends=True))))
    keys = LogKey.objects.values_list("vkey", flat=True)
    with pytest.raises(SuccessionBroken, match="does not name"):
        list(open_site(DirectoryStore(tmp_path / "data"), policy(*keys)))
