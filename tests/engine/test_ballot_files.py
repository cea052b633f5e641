"""Files of votes: what is read, and one clear sentence with the place for everything that cannot be."""

import csv
import gzip
import io
import random
from datetime import UTC, datetime

import numpy as np
import pytest

from touchstone.engine import BadFile, Ballots, ballot_files, read_ballots
from touchstone.engine._kernels import table_text


def read(text, **options):
    return read_ballots(io.BytesIO(text if isinstance(text, bytes) else text.encode()), **options)


def rows_of(ballots):
    story, reader = list(ballots.story_ids), list(ballots.reader_ids)
    return sorted(
        (story[s], reader[r], int(v), int(t))
        for s, r, v, t in zip(ballots.story, ballots.reader, ballots.vote, ballots.time_ms, strict=True)
    )


def test_a_plain_csv_is_read():
    assert rows_of(read("story,reader,vote,time\na,x,1,5\nb,x,0,6\na,y,0,7\n")) == [
        ("a", "x", 1, 5),
        ("a", "y", 0, 7),
        ("b", "x", 0, 6),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "story,reader,vote\r\na,x,1\r\nb,y,0\r\n",
        "story\treader\tvote\na\tx\t1\nb\ty\t0",
        "story;reader;vote\na;x;1\nb;y;0\n",
        "\ufeffstory,reader,vote\na,x,1\nb,y,0\n",
        'vote,"reader",extra,story\nREAL,x,"one, two",a\nfake,y,,b\n',
        "task,worker,label\na,x,1.0\nb,y,0.0\n",
        'story,reader,vote\n\n"a", x ,true\n\r\nb,"y",FALSE\n\n\n',
    ],
)
def test_layouts_and_spellings_that_mean_the_same_are_read_alike(text):
    assert read(text).digest() == Ballots.from_columns(story=["a", "b"], reader=["x", "y"], vote=[1, 0]).digest()


def test_ids_that_look_like_numbers_stay_the_texts_they_are(monkeypatch):
    monkeypatch.setattr(ballot_files, "LINES", 2)
    ids = ["7", "07", "007", "0", "00", "1234567", "12345678", "9999999", "-7", "+7", "7.", "1e3", "123456789012345678"]
    ids += [str(number) for number in range(8, 900, 3)] + ["x1", "1x", "12/4", "1:3", "é1"]
    lines = [f"{story},{reader},1" for reader in ("1", "01", "x") for story in ids]
    ballots = read("story,reader,vote\n" + "\n".join(lines) + "\n")
    assert sorted(ballots.story_ids) == sorted(ids)
    assert sorted(ballots.reader_ids) == ["01", "1", "x"]
    assert (
        ballots.digest()
        == Ballots.from_columns(
            story=ids * 3, reader=[r for r in ("1", "01", "x") for _ in ids], vote=[1] * (3 * len(ids))
        ).digest()
    )


@pytest.mark.parametrize("length", range(1, 40))
def test_cells_of_any_length_end_at_the_delimiter(length):
    text = "story,reader,vote\n" + "".join(f"{'s' * n},{'r' * length},1\r\n" for n in range(1, 20))
    assert list(read(text).reader_ids) == ["r" * length]


def test_quoted_ids_may_hold_delimiters_and_quotes():
    ballots = read('story,reader,vote\n"a,1","say ""hi""",1\n')
    assert (ballots.story_ids[0], ballots.reader_ids[0]) == ("a,1", 'say "hi"')


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("1700000000000", datetime.fromtimestamp(1700000000, UTC)),
        ("-5", datetime.fromtimestamp(-0.005, UTC)),
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2000-02-29 23:59:59.25", datetime(2000, 2, 29, 23, 59, 59, 250000, UTC)),
        ("1969-12-31T23:00:00-01:30", datetime(1970, 1, 1, 0, 30, tzinfo=UTC)),
        ("2026-12-31T00:00:00.123456+05:45", datetime(2026, 12, 30, 18, 15, 0, 123000, UTC)),
    ],
)
def test_times_are_milliseconds_or_iso_8601(written, moment):
    assert read(f"story,reader,vote,time\na,x,1,{written}\n").time_ms[0] == round(moment.timestamp() * 1000)


def test_every_day_of_four_centuries_is_counted_right():
    for day in range(-719162, 800000, 997):
        moment = datetime.fromordinal(719163 + day)
        text = np.frombuffer(f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0").encode(), dtype=np.uint8)
        assert table_text.read_moment(text, 0, 19) == day * 86_400_000


FAULTS = {
    "empty": ("", "file is empty or its first line is"),
    "header only": ("story,reader,vote\n", "there is no vote below the header"),
    "blank lines only": ("story,reader,vote\n\n\n", "there is no vote below the header"),
    "missing column": (
        "story,reader\na,x\n",
        "line 1, column vote: the column is missing; .* has story, reader",
    ),
    "same column twice": ("story,task,reader,vote\n", "line 1: the columns story and task mean the same"),
    "label 2": ("story,reader,vote\na,x,1\nb,x,2\n", "line 3, column vote: '2' is neither 1 .real. nor 0 .fake."),
    "NaN": ("story,reader,vote\na,x,NaN\n", "line 2, column vote: 'NaN' is neither 1"),
    "no label": ("story,reader,label\na,x,\n", "line 2, column label: the cell is empty"),
    "no reader": ("story,reader,vote\na,,1\n", "line 2, column reader: the cell is empty"),
    "twice": ("story,reader,vote\na,x,1\n\nb,x,0\na,x,0\n", "line 5, column reader: .*'x' already .* 'a' in line 2"),
    "short line": ("story,reader,vote\na,x,1\na,y\n", "line 3, column reader: the line has fewer cells"),
    "long line": ("story,reader,vote\na,x,1,5\n", "line 2, column vote: the line has more cells"),
    "open quote": ('story,reader,vote\na,"x,1\nb,y,0\n', "line 2, column reader: a quoted cell does not end"),
    "text after quote": ('story,reader,vote\na,"x"y,1\n', "line 2, column reader: a quoted cell does not end"),
    "bad time": ("story,reader,vote,time\na,x,1,noon\n", "line 2, column time: 'noon' is neither a whole number"),
    "31 April": ("story,reader,vote,time\na,x,1,2025-04-31T00:00:00Z\n", "line 2, column time: '2025-04-31"),
    "bad tier": ("story,reader,vote,tier\na,x,1,-1\n", "line 2, column tier: '-1' is not a whole number from 0"),
    "Latin-1": ("story,reader,vote\na,é,1\n".encode("latin-1"), "line 2, column reader: .* is not UTF-8 text"),
    "Latin-1 header": ("störy,reader,vote\n".encode("latin-1"), "line 1: is not UTF-8 text .byte 0xf6."),
    "UTF-16": ("story,reader,vote\na,x,1\n".encode("utf-16"), "line 1: is not UTF-8 text .it looks like UTF-16"),
    "zero byte": ("story,reader,vote\na,x\0,1\n", "line 2, column reader: .* holds a zero byte"),
    "long id": (f"story,reader,vote\na,{'x' * 5000},1\n", "line 2, column reader: 'x{40}' is longer than 4,096 bytes"),
    "binary": (b"PAR1\x15\x04\x15\n", "line 1: is not a table of text"),
    "no direction": ("noteId\traterParticipantId\thelpfulnessLevel\n1\tA\t\n", "not one vote says real or fake"),
    "cut gzip": (gzip.compress(b"story,reader,vote\na,x,1\n")[:-9], "is not a whole gzip file"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_bad_file_is_refused_in_one_sentence_with_its_place(name):
    text, message = FAULTS[name]
    with pytest.raises(BadFile, match=message) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_an_endless_line_is_refused_without_reading_it_all():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def read(self, size=-1):
            self.given += size
            return b"x" * size if self.given > size else b"story,reader,vote\na,".ljust(size, b"y")

    endless = Endless()
    with pytest.raises(BadFile, match="line 2: the line is longer than 65,536 bytes"):
        read_ballots(endless)
    assert endless.given < 50_000_000


def test_faults_before_an_endless_line_come_first(monkeypatch):
    monkeypatch.setattr(ballot_files, "BLOCK", 1 << 20)
    text = "story,reader,vote\na,x,1\n{}\nb,x," + "9" * 70_000
    with pytest.raises(BadFile, match="line 3, column vote: '7'"):
        read(text.format("a,y,7"))
    with pytest.raises(BadFile, match="line 4: the line is longer than 65,536 bytes"):
        read(text.format("a,y,0"))


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(BadFile, match=r"votes.csv: cannot be read: No such file"):
        read_ballots(tmp_path / "votes.csv")


def test_of_community_notes_ratings_the_last_of_a_pair_wins():
    ballots = read(
        "noteId\traterParticipantId\tcreatedAtMillis\tversion\thelpfulnessLevel\n"
        "1\tA\t5\t2\tHELPFUL\n"
        "1\tB\t5\t2\tNOT_HELPFUL\n"
        "1\tA\t4\t2\tNOT_HELPFUL\n"
        "2\tA\t1\t2\tHELPFUL\n"
        "2\tA\t9\t2\tSOMEWHAT_HELPFUL\n"
        "3\tC\t1\t1\t\n"
    )
    assert rows_of(ballots) == [("1", "A", 1, 5), ("1", "B", 0, 5)]
    assert (ballots.n_stories, ballots.n_readers) == (1, 2)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_small_blocks_threads_gzip_and_shuffling_change_nothing(tmp_path, monkeypatch, threads):
    for name, value in (("BLOCK", 1 << 12), ("LINES", 64), ("FIRST_SHELF", 64), ("LARGEST_SHELF", 256)):
        monkeypatch.setattr(ballot_files, name, value)
    rng = random.Random(5)
    rows = [(f"story {s}", f"r{r}", rng.randint(0, 1), rng.randint(0, 10**12)) for s in range(60) for r in range(50)]
    expected = Ballots.from_columns(
        **dict(zip(("story", "reader", "vote", "time_ms"), zip(*rows, strict=True), strict=True))
    )
    rng.shuffle(rows)
    path = tmp_path / "votes.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        csv.writer(file).writerows([("story", "reader", "vote", "time"), *rows])
    seen = []
    assert read_ballots(path, threads=threads, progress=seen.append).digest() == expected.digest()
    assert sum(seen) == path.stat().st_size


def test_the_first_fault_of_the_file_is_named_whatever_the_threads(monkeypatch):
    monkeypatch.setattr(ballot_files, "BLOCK", 1 << 10)
    lines = [f"s{i},r{i},1" for i in range(5000)]
    lines[2000] = "s,r,7"
    lines[4000] = "s,r"
    with pytest.raises(BadFile, match="line 2002, column vote: '7'"):
        read("story,reader,vote\n" + "\n".join(lines), threads=4)


PLAIN = [
    *((table_text, name) for name in ("find_cells", "number_cells", "read_votes", "read_times", "read_tiers")),
    (ballot_files, "look_up_cells"),
]


def test_the_plain_twin_reads_alike():
    text = 'story,reader,vote,time,tier\na,"x""y",1,5,0\n\nbé,z,fake,2024-01-01T00:00:00Z,3\na,z,0,-7,9\n'
    compiled_ballots = read(text)
    with pytest.MonkeyPatch.context() as patch:
        for module, name in PLAIN:
            patch.setattr(module, name, np.errstate(over="ignore")(getattr(module, name).plain))
        assert read(text).digest() == compiled_ballots.digest()
