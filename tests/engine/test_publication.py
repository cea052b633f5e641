"""The full result table: what is published of every story, in any order of rows, whole or one story at a time."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from tests.engine.votes import evidence_of, shuffled, votes_of

from touchstone.engine import (
    Ballots,
    Evidence,
    MisshapenVotes,
    PublicationRules,
    Readers,
    Standing,
    TrustTable,
    interpreted,
    publish,
    score_story,
    score_tally,
)
from touchstone.engine._kernels import publication as kernels
from touchstone.engine.publication import find_places
from touchstone.engine.simulate.world import World, WorldRules, make_world
from touchstone.engine.standing import NEVER

SMALL = WorldRules(readers=400, past=200, live=20, days=120.0)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(np.random.default_rng(12), SMALL)


@pytest.fixture(scope="module")
def table(world: World) -> TrustTable:
    return publish(world, evidence_of(world)).table


def assert_same(one: TrustTable, other: TrustTable, but: tuple[str, ...] = ()) -> None:
    for field in fields(TrustTable):
        if field.name not in but:
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=True), field.name


def test_raw_votes_are_never_adjusted(world: World, table: TrustTable) -> None:
    assert np.array_equal(table.real, np.bincount(world.story, weights=world.vote))
    assert np.array_equal(table.real + table.fake, np.bincount(world.story))


def test_most_verdicts_on_an_honest_site_are_right_and_few_are_under_review(world: World, table: TrustTable) -> None:
    side = table.side
    takes_side = side != 0
    assert takes_side.mean() > 0.7
    assert np.mean(side[takes_side] == 2 * world.truth[takes_side] - 1) > 0.9
    assert np.mean([table.story(i).label == "under_review" for i in range(len(table))]) < 0.08


def test_same_bits_in_any_order_of_rows(world: World, table: TrustTable) -> None:
    assert_same(publish(shuffled(world, np.random.default_rng(3)), evidence_of(world)).table, table)


def test_a_story_scored_alone_equals_its_row_of_the_full_fit(world: World) -> None:
    whole = publish(world, evidence_of(world))
    for story in world.live:
        rows = world.story == story
        alone = score_story(
            whole.readers, world.reader[rows], world.vote[rows], world.time_ms[rows], held=int(whole.table.held[story])
        )
        for field in fields(TrustTable):
            if field.name not in ("ever", "may_be_high", "probability"):
                assert getattr(alone, field.name)[0] == getattr(whole.table, field.name)[story], field.name


def test_compiled_and_plain_walks_agree(world: World, table: TrustTable) -> None:
    readers = publish(world, evidence_of(world)).readers
    place = find_places(world, readers)
    rules = PublicationRules().of_verdict if readers.has_crowd else PublicationRules(witnesses=0).of_verdict
    starts = np.searchsorted(world.story, np.arange(world.n_stories + 1))
    for story in range(0, world.n_stories, 9):
        order = np.arange(starts[story], starts[story + 1])
        assert kernels.walk_story(order, world.vote, place, world.time_ms, 0, rules)[1] == table.ever[story]
    counts = kernels.count_places.plain(world.story, world.vote, place, world.n_stories)
    assert np.array_equal(counts, kernels.count_places(world.story, world.vote, place, world.n_stories))
    figures, marks = np.zeros((world.n_stories, 6)), np.zeros((world.n_stories, 3), dtype=np.int64)
    kernels.judge_stories.plain(counts[:30], table.held, rules, figures, marks)
    assert np.array_equal(figures[:30, 0], table.index[:30])
    assert np.array_equal(figures[:30, 1], table.low[:30])
    assert np.array_equal(marks[:30, 2], table.attack_price[:30])


def test_interpreted_and_compiled_fits_agree_to_the_bit() -> None:
    tiny = make_world(np.random.default_rng(5), WorldRules(readers=60, past=40, live=6, days=60.0))
    rows = [(story, 70 + bot, 0, story * 86_400_000 + bot * 9000) for story in range(8) for bot in range(12)]
    told = [
        (int(s), int(r), int(v), int(t))
        for s, r, v, t in zip(tiny.story, tiny.reader, tiny.vote, tiny.time_ms, strict=True)
    ]
    for votes in (tiny, votes_of(*told, *rows)):
        compiled = publish(votes, evidence_of(tiny) if votes is tiny else None)
        with interpreted():
            plain = publish(votes, evidence_of(tiny) if votes is tiny else None)
        assert_same(plain.table, compiled.table)
        assert np.array_equal(plain.place, compiled.place)
        assert np.array_equal(plain.readers.group, compiled.readers.group)
    assert np.any(compiled.readers.group >= 0)


def test_a_site_without_history_publishes_the_open_key_at_moderate_at_most() -> None:
    votes = votes_of(*((0, reader, int(reader > 0), reader) for reader in range(200)))
    story = publish(votes).table.story(0)
    plain = score_tally(199, 1)
    assert (story.index, story.label, story.attack_price) == (plain.index, plain.label, plain.attack_price)
    assert story.high - story.low < 12
    assert story.confidence == "moderate"


def test_high_confidence_needs_the_earned_key_and_both_viewpoints(world: World) -> None:
    evidence = evidence_of(world)
    everyone = np.ones(world.n_stories, dtype=bool)
    assert "high" not in publish(world, evidence).table.confidence
    table = publish(world, replace(evidence, has_both_sides=everyone)).table
    assert np.array_equal(table.may_be_high, table.earned_effective >= 6.0)
    is_high = np.array([confidence == "high" for confidence in table.confidence])
    assert np.all(table.high[is_high] - table.low[is_high] <= 12)


def test_probability_is_passed_through(world: World) -> None:
    probability = np.full(world.n_stories, 0.75)
    probability[0] = np.nan
    table = publish(world, replace(evidence_of(world), probability=probability)).table
    assert table.story(0).probability is None
    assert table.story(1).probability == 0.75


def test_discounted_votes_are_listed_with_their_reason() -> None:
    known = Readers(np.array([0, 0, 0, 15, 0]), np.array([0, 0, 0, 0, -1]), Standing(np.array([0, 0, 0, 0, 0]), -NEVER))
    table = score_story(known, np.array([0, 1, 2, 3, 4, -1, -1, -1, -1, -1, -1]), np.ones(11), np.arange(11) * 1000)
    assert table.story(0).discounted == (("lockstep", 3), ("unproven", 4))
    assert table.review_reason(0) == ""
    assert table.earned_effective[0] == 1.0, "the group keeps its highest weight"
    assert table.independent[0] == 4.0


def test_votes_beyond_the_daily_quota_do_not_count() -> None:
    votes = votes_of(*((story, 0, 1, story) for story in range(150)), *((0, reader, 1, 7) for reader in range(1, 12)))
    table = publish(votes).table
    assert table.over_quota.sum() == 50
    assert table.story(120).discounted == (("over_quota", 1),)
    assert (table.real[120], table.independent[120]) == (1, 0.0)


def test_ballots_without_times_are_scored_by_the_open_key_alone() -> None:
    rng = np.random.default_rng(2)
    story, reader = np.divmod(np.arange(600), 30)
    ballots = Ballots.from_columns(story=story, reader=reader, vote=rng.integers(0, 2, 600))
    table = publish(ballots).table
    for place, row in enumerate(table):
        assert row.index == score_tally(int(table.real[place]), int(table.fake[place])).index
        assert row.discounted == ()


def test_a_label_that_crowds_turned_round_stays_under_review() -> None:
    rows = [(0, reader, 1, reader) for reader in range(30)] + [(0, reader, 0, reader) for reader in range(30, 200)]
    table = publish(votes_of(*rows)).table
    assert (table.story(0).label, table.review_reason(0)) == ("under_review", "turned")
    assert (table.held[0], table.ever[0]) == (1, 2)
    fresh = publish(votes_of(*((s, r, v, 0) for s, r, v, _ in rows))).table
    assert fresh.story(0).label == "highly_contested", "votes of one moment have no history"


def test_a_vote_that_changed_does_not_undo_what_was_published() -> None:
    honest = [(0, reader, 1, reader) for reader in range(30)]
    held = publish(votes_of(*honest)).table.held
    turned = votes_of(*((0, reader, 0, 100 + reader) for reader in range(30)))
    assert publish(turned).table.story(0).label == "highly_contested"
    assert publish(turned, Evidence(held=held)).table.story(0).label == "under_review"


def test_a_site_has_a_proven_crowd_when_its_median_story_was_seen_by_some(world: World) -> None:
    evidence = evidence_of(world)
    fit = publish(world, evidence)
    proven = np.bincount(world.story, weights=fit.earned.level[world.reader] > 0)
    assert fit.readers.has_crowd == (np.median(proven[np.bincount(world.story) >= 10]) >= 5.0)
    assert not publish(world).readers.has_crowd
    asked = publish(world, evidence, PublicationRules(witness_crowd=0.0))
    assert asked.readers.has_crowd
    waiting = [story for story in range(len(asked.table)) if asked.table.review_reason(story) == "unwitnessed"]
    assert waiting
    assert {asked.table.story(story).label for story in waiting} == {"gathering_votes"}
    assert np.all(asked.table.held[waiting] != 0), "the side is held although it is not published yet"


def test_columns_of_unequal_length_are_refused() -> None:
    votes = votes_of((0, 0, 1, 5), (0, 1, 1, 6))
    votes.time_ms = votes.time_ms[:1]
    with pytest.raises(MisshapenVotes, match="time_ms"):
        publish(votes)


def test_a_site_without_votes_has_an_empty_table() -> None:
    none = np.empty(0, dtype=np.int64)
    votes = votes_of((0, 0, 1, 5))
    votes.story = votes.reader = votes.vote = votes.time_ms = none
    table = publish(votes, Evidence()).table
    assert table.story(0).label == "gathering_votes"
    assert table.story(0).share is None
