"""Ballots: one canonical order for the same votes, and clear refusals."""

import numpy as np
import pytest

from touchstone.engine import BadColumn, BadId, Ballots, DuplicateVote
from touchstone.engine._kernels import ballots as ballot_kernels
from touchstone.engine._kernels import ids as id_kernels
from touchstone.engine.ids import IdPool, hash_id


def columns_of(ballots):
    """Votes as a set of readable rows."""
    story, reader = list(ballots.story_ids), list(ballots.reader_ids)
    return {
        (story[s], reader[r], int(v), int(t), int(k))
        for s, r, v, t, k in zip(
            ballots.story, ballots.reader, ballots.vote, ballots.time_ms, ballots.tier, strict=True
        )
    }


def random_votes(seed, votes=3000, stories=80, readers=200):
    rng = np.random.default_rng(seed)
    pairs = rng.choice(stories * readers, votes, replace=False)
    return {
        "story": pairs // readers,
        "reader": pairs % readers,
        "vote": rng.integers(0, 2, votes),
        "time_ms": rng.integers(0, 10**12, votes),
        "tier": rng.integers(0, 4, votes),
    }


def test_ballots_hold_the_votes_they_were_given():
    columns = random_votes(1)
    ballots = Ballots.from_columns(**columns)
    expected = {
        (str(s), str(r), v, t, k) for s, r, v, t, k in zip(*(columns[name].tolist() for name in columns), strict=True)
    }
    assert columns_of(ballots) == expected
    assert (ballots.n_votes, ballots.n_stories, ballots.n_readers) == (3000, 80, 200)


def test_votes_are_sorted_by_story_and_reader_in_the_order_of_their_hashes():
    ballots = Ballots.from_columns(**random_votes(2))
    keys = ballots.story.astype(np.int64) * ballots.n_readers + ballots.reader
    assert np.all(np.diff(keys) > 0)
    assert [hash_id(name) for name in ballots.story_ids] == ballots.story_ids.hashes.tolist()
    assert np.all(np.diff(ballots.reader_ids.hashes.astype(object)) > 0)
    np.testing.assert_array_equal(np.repeat(np.arange(80), np.diff(ballots.story_starts)), ballots.story)


def test_shuffled_votes_and_ids_as_texts_give_the_same_ballots():
    columns = random_votes(3)
    order = np.random.default_rng(0).permutation(3000)
    shuffled = {name: column[order] for name, column in columns.items()}
    shuffled["reader"] = [str(number) for number in shuffled["reader"]]
    one, other = Ballots.from_columns(**columns), Ballots.from_columns(**shuffled)
    assert one.digest() == other.digest()
    for name in ("story", "reader", "vote", "time_ms", "tier"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_numbers_of_any_size_are_their_decimal_digits():
    numbers = [0, 7, -1, 10, 99, 100, 2**62, -(2**62), 9_223_372_036_854_775_807, -9_223_372_036_854_775_808]
    ballots = Ballots.from_columns(story=np.array(numbers), reader=np.arange(10), vote=[1] * 10)
    assert sorted(ballots.story_ids) == sorted(map(str, numbers))
    with pytest.raises(BadId, match="9223372036854775808"):
        Ballots.from_columns(story=np.array([2**63], dtype=np.uint64), reader=[1], vote=[1])


def test_another_vote_gives_another_digest():
    columns = random_votes(4)
    other = {**columns, "vote": columns["vote"].copy()}
    other["vote"][17] ^= 1
    assert Ballots.from_columns(**columns).digest() != Ballots.from_columns(**other).digest()


def test_ids_are_found_by_name():
    ballots = Ballots.from_columns(story=["a", "b", "ü"], reader=[1, 2, 3], vote=[1, 0, 1])
    for name in ("a", "b", "ü"):
        assert ballots.story_ids[ballots.story_ids.find(name)] == name
    assert ballots.story_ids.find("c") is None
    assert ballots.reader_ids.find("2") is not None


def test_shards_cut_stories_by_the_top_byte_of_the_hash():
    ballots = Ballots.from_columns(**random_votes(5))
    starts = ballots.story_ids.shard_starts()
    assert (len(starts), starts[0], starts[-1]) == (257, 0, 80)
    for shard in range(256):
        for place in range(starts[shard], starts[shard + 1]):
            assert int(ballots.story_ids.hashes[place]) >> 56 == shard


def test_a_second_vote_is_refused_or_the_last_one_kept():
    columns = {"story": ["a", "a", "b", "a"], "reader": ["x", "y", "x", "x"], "vote": [1, 1, 1, 0]}
    with pytest.raises(DuplicateVote, match="Reader 'x' votes more than once on story 'a'"):
        Ballots.from_columns(**columns)
    assert columns_of(Ballots.from_columns(**columns, duplicates="last")) == {
        ("a", "x", 0, 0, 0),
        ("a", "y", 1, 0, 0),
        ("b", "x", 1, 0, 0),
    }
    timed = Ballots.from_columns(**columns, time_ms=[9, 1, 1, 2], duplicates="last")
    assert ("a", "x", 1, 9, 0) in columns_of(timed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vote": [1, 2]}, "Column 'vote', row 1 .*is 2, must be 0 to 1"),
        ({"vote": [1, float("nan")]}, "Column 'vote', row 1 .*is nan"),
        ({"vote": [1]}, "has 1 rows, but story has 2"),
        ({"vote": ["1", "0"]}, "must be a column of numbers"),
        ({"tier": [0, 256]}, "is 256, must be 0 to 255"),
        ({"time_ms": [0.5, 1.0]}, "Column 'time_ms', row 0 .*a whole number"),
        ({"time_ms": []}, "has 0 rows"),
        ({"story": [], "reader": [], "vote": []}, "there is no vote"),
    ],
)
def test_bad_columns_are_refused_with_their_place(change, message):
    columns = {"story": ["a", "b"], "reader": ["x", "x"], "vote": [1, 0], **change}
    with pytest.raises(BadColumn, match=message):
        Ballots.from_columns(**columns)


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 4097, None, 1.5, "\ud800"])
def test_impossible_ids_are_refused(name):
    with pytest.raises(BadId, match="whole number or a text of 1 to 4,096 bytes"):
        Ballots.from_columns(story=np.array(["a", name], dtype=object), reader=["x", "y"], vote=[1, 0])


def test_busy_stories_are_sorted_too():
    readers = np.random.default_rng(1).permutation(5000)
    ballots = Ballots.from_columns(story=np.zeros(5000, dtype=int), reader=readers, vote=readers % 2)
    assert np.all(np.diff(ballots.reader) > 0)
    names = list(ballots.reader_ids)
    assert all(int(names[r]) % 2 == v for r, v in zip(ballots.reader, ballots.vote, strict=True))


def test_ids_with_the_same_hash_are_ordered_by_their_bytes():
    pool = IdPool()
    numbers = pool.add_all(["b", "a", "c"])
    pool.pool.hashes[:3] = 7
    table, places = pool.settle()
    assert list(table) == ["a", "b", "c"]
    assert [table[place] for place in places[numbers]] == ["b", "a", "c"]


def test_pools_grow_and_keep_their_numbers():
    pool = IdPool(room=4)
    names = [f"id-{'x' * (i % 40)}-{i}" for i in range(5000)]
    assert pool.add_all(names).tolist() == list(range(5000))
    assert pool.add_all(names[::-1]).tolist() == list(range(5000))[::-1]


def test_the_plain_twins_number_and_order_votes_alike(monkeypatch):
    names = [f"{i * 7919 % 1000}" + "é" * (i % 9) for i in range(300)]
    text = "\0".join(names).encode() + b"\0"
    buffer = np.frombuffer(text + b"\0" * 8, dtype=np.uint8)
    pools, numbers = (IdPool(room=512), IdPool(room=512)), (np.empty(300, np.int32), np.empty(300, np.int32))
    id_kernels.add_separated(pools[0].pool, buffer, 0, len(text), numbers[0], 0)
    with np.errstate(over="ignore"):
        id_kernels.add_separated.plain(pools[1].pool, buffer, 0, len(text), numbers[1], 0)
    np.testing.assert_array_equal(*numbers)
    np.testing.assert_array_equal(pools[0].pool.slots, pools[1].pool.slots)

    votes = random_votes(6, votes=400, stories=8, readers=90)
    columns = ballot_kernels.Rows(
        votes["story"].astype(np.int32),
        votes["reader"].astype(np.int32),
        votes["vote"].astype(np.uint8),
        votes["time_ms"],
        votes["tier"].astype(np.uint8),
    )
    starts = np.concatenate([[0], np.cumsum(np.bincount(votes["story"], minlength=8))])
    monkeypatch.setattr(ballot_kernels, "SHARD", 100)
    same = np.arange(90, dtype=np.int32)
    outcomes = []
    for spread, sort, unpack in [
        (ballot_kernels.spread_rows, ballot_kernels.sort_records, ballot_kernels.unpack_records),
        (
            ballot_kernels.spread_rows.plain,
            ballot_kernels.sort_records.plain,
            ballot_kernels.unpack_records.plain,
        ),
    ]:
        records = ballot_kernels.Records(np.empty(400, np.uint64), np.empty(400, np.int64))
        out = ballot_kernels.Rows(*(np.empty_like(c) for c in columns))
        cut = ballot_kernels.cut_into_shards(starts)
        assert len(cut.free) > 1
        spread(columns, same, same, cut, records)
        room = ballot_kernels.Records(np.empty(400, np.uint64), np.empty(400, np.int64))
        desk = ballot_kernels.Desk(room, *np.empty((2, 400), np.uint64))
        assert sort(starts, cut.shift, 7, records, desk) == -1
        unpack(starts, records.words, out)
        outcomes.append(out._replace(time_ms=records.time_ms))
    for one, other in zip(*outcomes, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("votes", [3000, 40])
def test_the_cut_into_shards_changes_no_bit(monkeypatch, votes):
    made = random_votes(11, votes=votes, stories=300)
    whole = Ballots.from_columns(**made).digest()
    for shard in (1, 7, 500):
        monkeypatch.setattr(ballot_kernels, "SHARD", shard)
        assert Ballots.from_columns(**made).digest() == whole


def test_a_shard_never_holds_more_stories_than_a_record_can_number():
    cut = ballot_kernels.cut_into_shards(np.zeros((1 << 24) + 1, dtype=np.int64))
    assert cut.shift <= ballot_kernels.INSIDE_BITS
    assert len(cut.free) << cut.shift >= 1 << 24


def test_a_twin_is_found_in_any_shard(monkeypatch):
    monkeypatch.setattr(ballot_kernels, "SHARD", 10)
    made = random_votes(12)
    for row in (0, 1500, 2999):
        doubled = {name: np.append(column, column[row]) for name, column in made.items()}
        with pytest.raises(DuplicateVote) as refused:
            Ballots.from_columns(**doubled)
        assert (refused.value.story, refused.value.reader) == (str(made["story"][row]), str(made["reader"][row]))
        assert refused.value.rows == (row, 3000)
