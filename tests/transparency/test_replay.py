"""A replay of the entries gives every published figure, or says which one it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.transparency.publisher import VERSION, Publisher, busy_publisher, counts_of, simple_score, site

from touchstone.transparency import (
    HistoryInvalid,
    IndexMismatch,
    MemoryStore,
    OpeningsWithheld,
    Policy,
    Replayed,
    SigningKey,
    SuccessionBroken,
    Unsigned,
    WrongOrigin,
    fields_of,
    list_logs,
    open_checkpoint,
    open_site,
    replay,
)


def replayed(log: Publisher, *, opened: int | None = None) -> Replayed:
    [checked] = open_site(MemoryStore(log.files(opened=opened)), log.policy())
    return replay(checked.entries, score=simple_score)


def test_every_published_figure_follows_from_the_votes() -> None:
    log = busy_publisher()
    found = replayed(log)
    assert (found.rows, found.beyond, found.erased) == (6, 0, 1)
    assert found.modulo_erasures == 1
    assert found.engines == ["e" * 64]
    assert found.entries == len(log.leaves)
    assert {story: (tally.counts["real"], tally.counts["fake"]) for story, tally in found.tallies.items()} == counts_of(
        log
    )


def test_figures_of_votes_not_yet_published_are_left_for_later() -> None:
    log = busy_publisher()
    log.openings[100:300] = [None] * 200
    found = replayed(log, opened=100)
    assert (found.rows, found.beyond) == (6, 6)


@pytest.mark.parametrize(
    ("spoil", "problem", "words"),
    [
        (lambda log: log.index({1: (81, 19)}), IndexMismatch, "published fake = 19 for story 1"),
        (lambda log: log.index({1: (0, 0)}), IndexMismatch, "published real = 0 for story 1"),
        (lambda log: log.index({9: (1, 0)}), IndexMismatch, "the votes logged give 0"),
        (lambda log: log.vote("r0"), HistoryInvalid, "already has a vote"),
        (lambda log: log.vote("nobody", kind="revote"), HistoryInvalid, "no vote to change"),
        (lambda log: log.vote("nobody", kind="retract"), HistoryInvalid, "no vote to take back"),
        (lambda log: log.vote("new", choice="maybe"), HistoryInvalid, "no choice"),
        (lambda log: log.add("vote", {"at": 1}), HistoryInvalid, "lacks or misuses"),
        (lambda log: log.add("vote", {"reader": "x", "story": True}), HistoryInvalid, "lacks or misuses"),
        (lambda log: log.add("index", {"rows": [1]}), HistoryInvalid, "lacks or misuses"),
        (lambda log: log.add("erase", {"entries": 1, "stories": {}}), HistoryInvalid, "lacks or misuses"),
        (
            lambda log: log.add(
                "vote", {"choice": "real", "reader": "x", "story": 1, "version": VERSION.replace("a", "b")}
            ),
            HistoryInvalid,
            "never registered",
        ),
    ],
)
def test_what_cannot_follow_is_refused_by_entry(
    spoil: Callable[[Publisher], int], problem: type[Exception], words: str
) -> None:
    log = busy_publisher()
    index = spoil(log)
    with pytest.raises(problem, match=words) as refusal:
        replayed(log)
    assert f"entry {index} " in str(refusal.value)


def test_a_figure_off_by_one_bit_is_refused() -> None:
    log = busy_publisher()
    real, fake = counts_of(log)[1]
    right = simple_score({"real": real, "fake": fake})["index"]
    figures = {"index": repr(float(str(right)) + 2e-14), "label": "verified"}
    log.add("index", {"at": 1, "engine": "e", "rows": [{"fake": fake, "figures": figures, "real": real, "story": 1}]})
    with pytest.raises(IndexMismatch, match=f"the votes logged give {right}"):
        replayed(log)


def test_withheld_openings_are_not_taken_for_erased_ones() -> None:
    log = busy_publisher()
    log.openings[50] = None
    with pytest.raises((OpeningsWithheld, IndexMismatch)):
        replayed(log)
    log = Publisher()
    log.add("key-rotate", {"at": 1, "previous": None})
    log.vote("a")
    log.openings[1] = None
    with pytest.raises(OpeningsWithheld, match="1 openings are missing"):
        replayed(log)


def two_years(**changes: object) -> tuple[Publisher, Publisher]:
    old, new = busy_publisher(), Publisher("2027", SigningKey("news.example/log/2027", b"\x02" * 32))
    old.add("key-rotate", {"at": 2, "next": {"origin": new.key.name, "vkey": str(new.key.verifier)}})
    previous = {"origin": old.key.name, "root": old.tree.root().hex(), "size": len(old.leaves), **changes}
    new.add("key-rotate", {"at": 2, "previous": previous, "reason": "a new year", "vkey": str(new.key.verifier)})
    return old, new


def test_votes_go_on_across_the_years() -> None:
    old, new = two_years()
    new.vote("r0", 1, "real", kind="revote")
    real, fake = counts_of(old)[1]
    new.index({1: (real + 1, fake - 1)})
    checked = list(open_site(site(old, new), old.policy()))
    assert [log.name for log in checked] == ["2026", "2027"]
    found = replay((entry for log in checked for entry in log.entries), score=simple_score)
    assert found.rows == 7
    assert fields_of(checked[1].entries[0])["reason"] == "a new year"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"root": "00" * 32}, "another root"),
        ({"size": 3}, "without owning up"),
        ({"size": 10_000}, "names 10000 entries"),
        ({"origin": "news.example/log/2025"}, "does not name news.example/log/2026"),
    ],
)
def test_a_log_that_does_not_follow_on_the_last_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SuccessionBroken, match=words):
        list(open_site(site(*two_years(**changes)), Policy.for_log(*(log.key.verifier for log in two_years()))))


def test_a_loss_that_is_owned_up_to_is_followed() -> None:
    old, new = busy_publisher(), Publisher("2026-2", SigningKey("news.example/log/2026-2", b"\x02" * 32))
    previous = {"kept": 90, "origin": old.key.name, "root": old.tree.root(80).hex(), "size": 80}
    new.add("key-rotate", {"at": 2, "previous": previous, "reason": "after a loss", "vkey": str(new.key.verifier)})
    both = Policy.for_log(old.key.verifier, new.key.verifier)
    assert len(list(open_site(site(old, new), both))) == 2
    with pytest.raises(Unsigned):
        list(open_site(site(old, new), Policy.for_log(old.key.verifier)))


def test_an_earlier_checkpoint_must_be_of_one_of_the_logs() -> None:
    old, new = two_years()
    seen = open_checkpoint(old.checkpoint(100), [old.key.verifier]).checkpoint
    assert len(list(open_site(site(old, new), old.policy(), seen=seen))) == 2
    with pytest.raises(WrongOrigin):
        list(open_site(site(Publisher("2027", new.key, new.leaves, new.openings, new.tree)), new.policy(), seen=seen))


def test_lists_of_logs_that_leave_the_folder_are_refused() -> None:
    for listed in (b"", b"../secret x\n", b"a/b x\n", b" x\n", b"2026 x"):
        with pytest.raises(Exception, match="logs is malformed"):
            list_logs(MemoryStore({"logs": listed}))
