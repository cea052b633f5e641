"""Queued entries get a place in the log, in order and without gaps, and a signed checkpoint over them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from tests.ledger.ballots import AT, log_policy, only_log, opened, queue_vote

from touchstone.ledger import actions, files, queries
from touchstone.ledger.errors import BadEntry, NoSuchEntry, SequencerBusy
from touchstone.ledger.models import Checkpoint, LogEntry, Opening, PendingEntry, Signature, Tile
from touchstone.transparency import Leaf, Tree, make_payload, verify_receipt

pytestmark = pytest.mark.django_db


def test_pending_entries_follow_in_the_order_they_were_queued() -> None:
    references = [queue_vote(f"reader {number}") for number in range(5)]
    assert queries.pending_count() == 5
    assert actions.sequence_pending(at=AT) == 5
    assert queries.pending_count() == 0
    entries = list(LogEntry.objects.all())
    assert [entry.index for entry in entries] == list(range(6))
    assert [entry.kind for entry in entries] == ["key-rotate", *["vote"] * 5]
    assert [entry.reference for entry in entries[1:]] == references
    assert [queries.entry_number(reference) for reference in references] == [2, 3, 4, 5, 6]


def test_an_empty_queue_changes_nothing() -> None:
    assert actions.sequence_pending(at=AT) == 0
    assert actions.advance(at=AT) is None
    assert not LogEntry.objects.exists()
    assert queries.log_state() is None


def test_leaves_commit_to_their_openings() -> None:
    queue_vote("ann")
    actions.sequence_pending(at=AT)
    entry, opening = LogEntry.objects.get(index=1), Opening.objects.get(index=1)
    leaf = Leaf.parse(bytes(entry.leaf), index=1)
    from touchstone.transparency import Opening as Sealed

    leaf.require_opening(Sealed(bytes(opening.public_payload), bytes(opening.public_nonce)), index=1)
    leaf.require_opening(Sealed(bytes(opening.audit_payload), bytes(opening.audit_nonce)), index=1, which="audit")


@pytest.mark.parametrize("batches", [[1], [254, 1], [255, 1], [255, 2], [300, 300], [600]])
def test_a_checkpoint_is_the_root_of_all_leaves_however_they_came(batches: list[int]) -> None:
    for size in batches:
        for number in range(size):
            queue_vote(f"{number}")
        checkpoint = actions.advance(at=AT)
        assert checkpoint is not None
    tree = Tree()
    tree.append([bytes(leaf) for leaf in LogEntry.objects.order_by("index").values_list("leaf", flat=True)])
    assert opened(checkpoint.note).root == tree.root()
    assert opened(checkpoint.note).size == sum(batches) + 1
    assert opened(checkpoint.note).origin == "127.0.0.1:8000/log/2026"
    assert Tile.objects.count() == (sum(batches) + 1) // 256


def test_the_third_tile_level_comes_from_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """With tiles 4 wide instead of 256, a few hundred entries fill four levels."""
    from touchstone.ledger import trees
    from touchstone.transparency import tiles, tree

    monkeypatch.setattr(trees, "TILE_WIDTH", 4)
    monkeypatch.setattr(trees, "TILE_BYTES", 128)
    monkeypatch.setattr(tiles, "TILE_WIDTH", 4)
    monkeypatch.setattr(tiles, "TILE_HEIGHT", 2)
    monkeypatch.setattr(tiles, "TILE_BYTES", 128)
    whole = Tree()
    for number in range(130):
        queue_vote(f"{number}")
        if number % 7 == 0:
            actions.sequence_pending(at=AT)
    actions.sequence_pending(at=AT)
    whole.append([bytes(leaf) for leaf in LogEntry.objects.order_by("index").values_list("leaf", flat=True)])
    assert sorted(set(Tile.objects.values_list("level", flat=True))) == [0, 1, 2]
    for size in range(1, 132):
        assert trees.root_of(only_log(), size) == whole.root(size)
    assert tree.HASH_SIZE == 32


def test_receipts_verify_offline_and_say_what_was_recorded() -> None:
    references = [queue_vote(f"{number}") for number in range(300)]
    actions.advance(at=AT)
    queue_vote("later")
    actions.advance(at=AT)
    for reference in references[::37]:
        view = queries.receipt(reference)
        assert view.state == "recorded"
        checked = verify_receipt(view.content or b"", log_policy())
        assert checked.index + 1 == view.number
        assert checked.checkpoint.size == 302
        assert b'"choice":"real"' in checked.extra.public.payload
        assert checked.extra.audit is None
    own = verify_receipt(queries.receipt(references[4], with_audit=True).content or b"", log_policy())
    assert own.extra.audit is not None
    assert b'"reader":"4"' in own.extra.audit.payload


def test_a_receipt_is_pending_until_its_checkpoint_is_signed() -> None:
    reference = queue_vote("ann")
    assert queries.receipt(reference).state == "pending"
    actions.sequence_pending(at=AT)
    assert queries.receipt(reference).state == "pending"
    actions.publish_checkpoint(at=AT)
    assert queries.receipt(reference).state == "recorded"
    with pytest.raises(NoSuchEntry, match="no ledger entry under reference"):
        queries.receipt(uuid4())


def test_the_newest_checkpoint_is_told_to_pages() -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    state = queries.log_state()
    assert state is not None
    assert (state.size, state.log_name, state.witnesses.text) == (2, "2026", "self-attested")
    assert state.signed_at == AT


def test_publishing_twice_signs_once() -> None:
    queue_vote("ann")
    assert actions.advance(at=AT) is not None
    assert actions.advance(at=AT) is None
    assert actions.publish_checkpoint(at=AT) is None
    assert (Checkpoint.objects.count(), Signature.objects.count()) == (1, 1)


def test_clocks_may_jump_and_the_order_stays() -> None:
    for number, days in enumerate((0, 1, -1, 0)):
        queue_vote(f"{number}", at=AT + timedelta(days=days))
        checkpoint = actions.advance(at=AT + timedelta(days=days))
        assert checkpoint is not None
        assert opened(checkpoint.note).size == number + 2
    payloads = [
        bytes(payload) for payload in Opening.objects.order_by("index").values_list("audit_payload", flat=True)[1:]
    ]
    assert [b'"reader":"%d"' % number in payload for number, payload in enumerate(payloads)] == [True] * 4


def test_one_sequencer_works_at_a_time() -> None:
    queue_vote("ann")
    with files.exclusive(), pytest.raises(SequencerBusy):
        actions.advance(at=AT)
    assert actions.advance(at=AT) is not None


def test_entries_that_nobody_could_open_are_refused_at_the_door() -> None:
    for kind, public in (("vote", b"not json"), ("vote", b'{"b":1, "a":2}'), ("wish", make_payload({"at": 1}))):
        with pytest.raises(BadEntry, match="cannot be recorded"):
            actions.queue_entry(kind=kind, public=public, at=AT)
    assert not PendingEntry.objects.exists()


def test_the_vote_door_may_queue_with_sql_of_its_own() -> None:
    reference = uuid4()
    public = make_payload({"at": 1, "reader": "x", "story": 1})
    row = actions.queue_row("retract", public, at_ms=5, reference=reference, audit=public, subject="ann")
    with connection.cursor() as cursor:
        cursor.executemany(actions.queue_sql("%s"), [row])
    pending = PendingEntry.objects.get()
    assert pending.reference == reference
    assert len(pending.public_nonce) == len(pending.audit_nonce or b"") == 32
    assert pending.public_nonce != pending.audit_nonce
    assert "?, ?" in actions.queue_sql("?")


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("UPDATE ledger_logentry SET kind = 'fake' WHERE \"index\" = 1", "never changed"),
        ('DELETE FROM ledger_logentry WHERE "index" = 1', "never changed"),
        ("UPDATE ledger_opening SET public_payload = public_nonce", "never changed"),
        ("UPDATE ledger_tile SET level = 3", "never changed"),
        ("DELETE FROM ledger_tile", "never changed"),
        ("UPDATE ledger_checkpoint SET size = 1", "never changed"),
        ("DELETE FROM ledger_checkpoint", "never changed"),
        ("UPDATE ledger_signature SET line = ''", "never changed"),
        ("DELETE FROM ledger_signature", "never changed"),
        ("DELETE FROM ledger_logkey", "never changed"),
        ("UPDATE ledger_log SET origin = 'other'", "never changed"),
        (
            'INSERT INTO ledger_logentry (log_id, "index", kind, leaf, reference, sequenced_at_ms) '
            "SELECT log_id, 9999, kind, leaf, '00000000000000000000000000000000', 0 FROM ledger_logentry "
            'WHERE "index" = 1',
            "without gaps",
        ),
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(statement: str, word: str) -> None:
    for number in range(260):
        queue_vote(f"{number}")
    actions.advance(at=AT)
    with pytest.raises(DatabaseError, match=word), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.postgres  # SQLite has no TRUNCATE
@pytest.mark.parametrize(
    "tables",
    [
        "ledger_log CASCADE",
        "ledger_logkey",
        "ledger_logentry",
        "ledger_tile",
        "ledger_checkpoint, ledger_signature",
        "ledger_signature RESTART IDENTITY",
        "ledger_opening",
        "ledger_pendingentry",
    ],
)
def test_no_table_of_the_ledger_can_be_emptied_at_a_stroke(tables: str) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    queue_vote("bob")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # PostgreSQL truncates nothing while checks are owed
        with pytest.raises(DatabaseError, match="is never emptied"), transaction.atomic():
            cursor.execute(f"TRUNCATE {tables}")
    assert (LogEntry.objects.count(), Opening.objects.count(), PendingEntry.objects.count()) == (2, 2, 1)


def test_signing_keys_are_readable_by_their_owner_only(ledger_folder: Path) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    key = ledger_folder / "keys" / "2026.key"
    assert key.stat().st_mode & 0o077 == 0
    assert (ledger_folder / "keys").stat().st_mode & 0o077 == 0
