"""A reader who leaves takes their openings along; proofs, figures and the log's word stay good."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger.ballots import AT, log_policy, pseudonym, queue_vote
from tests.ledger.databases import file_database

from touchstone.ledger import actions, queries
from touchstone.ledger.models import Opening, PendingEntry
from touchstone.transparency import DirectoryStore, open_site, published_figures, replay

LATER = AT + timedelta(days=2)
LEAVER = "leaver-4e1f0a99"


def score(row: object) -> dict[str, object]:
    return {"votes": row["real"] + row["fake"]}  # type: ignore[index]


def publish(real: int, fake: int) -> None:
    row = {"fake": fake, "real": real, "story": 1}
    with actions.votes_held_still():
        actions.record_index(rows=[{**row, "figures": published_figures(score(row))}], engine="e" * 64, at=AT)


def erase(*, real: int, fake: int) -> int:
    gone = actions.erase_subject(
        subject=LEAVER, stories=[{"fake": fake, "readers": 1, "real": real, "story": 1}], at=AT
    )
    actions.advance(at=AT)
    return gone


@pytest.mark.django_db
def test_old_figures_recompute_but_for_the_logged_erasure(tmp_path: Path) -> None:
    for number in range(20):
        queue_vote(f"{number}", choice="real" if number % 2 else "fake")
    queue_vote(LEAVER, choice="fake")
    publish(10, 11)
    queue_vote(LEAVER, choice="real", kind="revote")
    publish(11, 10)
    actions.advance(at=AT)
    assert erase(real=1, fake=0) == 2
    publish(10, 10)
    actions.advance(at=AT)
    actions.export_open_data(tmp_path / "data", at=LATER)
    [log] = open_site(DirectoryStore(tmp_path / "data"), log_policy())
    found = replay(log.entries, score=score)
    assert (found.rows, found.modulo_erasures, found.erased) == (3, 2, 2)


@pytest.mark.django_db
def test_the_receipt_of_an_erased_vote_says_so() -> None:
    reference = queue_vote(LEAVER)
    actions.advance(at=AT)
    erase(real=1, fake=0)
    view = queries.receipt(reference)
    assert (view.state, view.number, view.content) == ("erased", 2, None)


@pytest.mark.django_db
def test_votes_still_queued_get_their_place_before_they_go() -> None:
    queue_vote("somebody else")
    queue_vote(LEAVER)
    assert erase(real=1, fake=0) == 1
    assert not PendingEntry.objects.exists()
    assert not Opening.objects.filter(subject=LEAVER).exists()
    assert Opening.objects.filter(subject="somebody else").exists()


@pytest.mark.django_db
def test_erasing_nobody_writes_nothing() -> None:
    queue_vote("somebody else")
    actions.advance(at=AT)
    assert erase(real=0, fake=0) == 0
    assert not PendingEntry.objects.exists()


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_no_byte_of_the_reader_is_left_in_the_files(tmp_path: Path) -> None:
    """On a database in a file, with the site's own pragmas, after the write-ahead log was used."""
    with file_database(tmp_path / "votes.sqlite3") as folder:
        for number in range(400):
            queue_vote(f"{number}")
            if number % 40 == 0:
                queue_vote(LEAVER, story=number, choice="fake")
        actions.advance(at=AT)
        traces = [LEAVER.encode(), pseudonym(LEAVER, 40).encode()]
        assert all(found_in(folder, trace) for trace in traces), "the search must be able to find them"
        assert erase(real=0, fake=10) == 10
        actions.scrub_erased()
        assert not any(found_in(folder, trace) for trace in traces)
        actions.export_open_data(tmp_path / "export", at=LATER, with_audit=True)
        assert not any(found_in(tmp_path / "export", trace) for trace in traces)


def found_in(folder: Path, trace: bytes) -> bool:
    return any(trace in path.read_bytes() for path in folder.rglob("*") if path.is_file())
