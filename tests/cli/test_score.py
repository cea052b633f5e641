"""`touchstone score` through its door: rows out, one sentence and exit code 2 for what cannot be read."""

import csv
import io
import json
import random

import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner

from touchstone.cli.main import main
from touchstone.engine import score_tally

pytestmark = pytest.mark.pure

VOTES = [("moon", f"r{i}", int(i < 15), 1_700_000_000_000 + i * 86_400_000) for i in range(16)]
VOTES += [("mars", f"r{i}", int(i % 2), 1_700_000_500_000 + i * 86_400_000) for i in range(7)]


def run(*arguments, given=None):
    return CliRunner().invoke(main, ["score", *map(str, arguments)], input=given)


def write_votes(path, votes, columns=("story", "reader", "vote")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *(vote[: len(columns)] for vote in votes)])
    return path


def rows_of(result):
    assert result.exit_code == 0, result.output
    return {row["story"]: row for row in csv.DictReader(io.StringIO(result.stdout))}


def test_each_story_gets_a_row_with_the_published_figures(tmp_path):
    rows = rows_of(run(write_votes(tmp_path / "votes.csv", VOTES)))
    expected = score_tally(15, 1)
    moon = rows["moon"]
    assert (moon["real"], moon["fake"], moon["label"], moon["confidence"]) == ("15", "1", "verified", "moderate")
    assert (float(moon["index"]), float(moon["low"])) == (expected.index, expected.low)
    assert moon["attack_price"] == str(expected.attack_price)
    assert rows["mars"]["label"] == "gathering_votes"
    assert rows["mars"]["probability"] == rows["mars"]["attack_price"] == ""


def test_votes_come_from_standard_input_too(tmp_path):
    text = "story,reader,vote\na,x,1\n"
    assert list(rows_of(run("-", given=text))) == ["a"]


def test_parquet_in_and_out_say_what_csv_says(tmp_path):
    columns = dict(zip(("story", "reader", "vote", "time"), zip(*VOTES, strict=True), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "votes.parquet")
    text = write_votes(tmp_path / "votes.csv", VOTES, ("story", "reader", "vote", "time"))
    out = tmp_path / "scores.parquet"
    summary = json.loads(run(tmp_path / "votes.parquet", "--out", out, "--json").stdout)
    other = json.loads(run(text, "--out", tmp_path / "scores.csv", "--json").stdout)
    assert summary["ballots_digest"] == other["ballots_digest"]
    assert summary["result_digest"] == other["result_digest"]
    table = pyarrow.parquet.read_table(out).to_pylist()
    assert {row["story"]: row["real"] for row in table} == {"moon": 15, "mars": 3}


def test_a_shuffled_file_and_other_threads_give_the_same_digest(tmp_path):
    rng = random.Random(2)
    votes = [
        (f"s{s}", f"r{r}", rng.randint(0, 1), 10**12 + rng.randint(0, 10**10)) for s in range(40) for r in range(30)
    ]
    digests = set()
    for threads in (1, 2, 3):
        rng.shuffle(votes)
        path = write_votes(tmp_path / "votes.csv", votes, ("story", "reader", "vote", "time"))
        result = run(path, "--out", tmp_path / "out.csv", "--json", "--threads", threads)
        digests.add(json.loads(result.stdout)["result_digest"])
    assert len(digests) == 1


def test_resolved_stories_calibrate_probabilities(tmp_path):
    votes = [(f"s{s}", f"r{r}", int((r + s) % 4 != 0) ^ (s % 2)) for s in range(40) for r in range(12)]
    path = write_votes(tmp_path / "votes.csv", votes)
    settled = write_votes(tmp_path / "settled.csv", [(f"s{s}", 1 - s % 2) for s in range(25)], ("story", "outcome"))
    rows = rows_of(run(path, "--resolved", settled))
    assert float(rows["s30"]["probability"]) > 0.5 > float(rows["s31"]["probability"])


def test_resolved_stories_without_votes_are_told_of_and_passed_over(tmp_path):
    path = write_votes(tmp_path / "votes.csv", VOTES)
    settled = write_votes(tmp_path / "settled.csv", [("moon", 1), ("venus", 0)], ("story", "outcome"))
    result = run(path, "--resolved", settled)
    assert result.exit_code == 0
    assert "1 of 2 resolved stories have no votes and are passed over, such as 'venus'." in result.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("story,reader\na,x\n", "line 1, column vote: the column is missing"),
        ("story,reader,vote\na,x,2\n", "line 2, column vote: '2' is neither 1 (real) nor 0 (fake)"),
        ("story,reader,vote\na,x,nan\n", "line 2, column vote: 'nan' is neither"),
        ("story,reader,vote\na,x,1\na,x,1\n", "line 3, column reader: reader 'x' already voted"),
        ("story,reader,vote\na," + "x" * 200_000, "line 2"),
        ("story,reader,vote\na,é,1\n".encode("latin-1"), "line 2, column reader:"),
    ],
)
def test_a_bad_file_gives_one_sentence_and_exit_code_2(tmp_path, text, message):
    path = tmp_path / "votes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run(path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert str(path) in result.stderr


def test_bad_parquet_columns_are_named(tmp_path):
    path = tmp_path / "votes.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"story": ["a", "b"], "reader": ["x", "y"], "vote": [1, 2]}), path)
    result = run(path)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "column vote: row 1 (counted from 0) is 2" in result.stderr
    pyarrow.parquet.write_table(pyarrow.table({"story": ["a", None], "reader": ["x", "y"], "vote": [1, 0]}), path)
    assert "column story: row 1 (counted from 0) is empty" in run(path).stderr


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"story": [["a"], ["b"]]}, "column story: holds list<"),
        ({"story": [1.5, 2.5]}, "column story: holds double, must hold text or whole numbers"),
        ({"story": ["a", ""]}, "column story: row 1 (counted from 0) breaks a rule: an id must be"),
        (
            {"story": ["a", "a"], "reader": ["x", "x"]},
            "column reader: row 1 (counted from 0) breaks a rule: reader 'x'",
        ),
        ({"vote": ["real", "maybe"]}, "column vote: row 1 (counted from 0) is 'maybe', neither 1 (real) nor 0"),
        ({"vote": [1.0, float("nan")]}, "column vote: row 1 (counted from 0) is nan"),
        ({"time": ["now", "then"]}, "column time: holds string, must hold timestamps"),
        ({"time": [1.5, 2.0]}, "column time: row 0 (counted from 0) is 1.5"),
        ({"vote": [[], []]}, "column vote: holds list<"),
        ({"task": ["a", "b"]}, "the columns story and task mean the same"),
    ],
)
def test_parquet_of_wrong_types_gives_one_sentence_with_its_row(tmp_path, changed, message):
    path = tmp_path / "votes.parquet"
    columns = {"story": ["a", "b"], "reader": ["x", "y"], "vote": [1, 0]} | changed
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    result = run(path)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert str(path) in result.stderr


def test_parquet_may_hold_words_categories_and_many_chunks(tmp_path):
    path = tmp_path / "votes.parquet"
    columns = {"story": ["a", "b"], "reader": ["x", "y"], "vote": ["Real", "fake"]}
    part = pyarrow.table({**columns, "story": pyarrow.array(columns["story"]).dictionary_encode()})
    other = part.set_column(1, "reader", pyarrow.array(["z", "w"]))
    with pyarrow.parquet.ParquetWriter(path, part.schema) as writer:
        writer.write_table(part)
        writer.write_table(other)
    rows = rows_of(run(path))
    assert [(rows[story]["real"], rows[story]["fake"]) for story in "ab"] == [("2", "0"), ("0", "2")]


def test_a_cut_off_parquet_file_is_refused(tmp_path):
    path = tmp_path / "votes.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"story": ["a"], "reader": ["x"], "vote": [1]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    result = run(path)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "is not a readable Parquet file" in result.stderr


@pytest.mark.parametrize(
    ("settled", "message"),
    [
        (b"", "the file is empty"),
        (b"story\nmoon\n", "line 1, column outcome: the column is missing"),
        (b"story,outcome\nmoon\n", "line 2: the row has 1 cells"),
        (b"story,outcome\nmoon,\n", "line 2, column outcome: the cell is empty"),
        (b"story,outcome\nmoon,nan\n", "line 2, column outcome: 'nan' is neither"),
        (b"story,outcome\nmoon,1\nmoon,0\n", "line 3: story 'moon' is already resolved in line 2"),
        (b"story,outcome\nnever-seen,1\nnever-seen,0\n", "line 3: story 'never-seen' is already resolved"),
        (b"story,outcome,time\nmoon,1,99999999999999999999999\n", "line 2, column time: '99999"),
        (b"story,outcome\nmo\xffon,1\n", "line 2: byte 0xff is not UTF-8"),
        (b'story,outcome\n"moon,1\n', "line 2: is not well-formed CSV"),
        (b"story,outcome\n" + b"x" * 200_000 + b",1\n", "line 2: the line is longer than"),
    ],
)
def test_bad_resolutions_are_named_by_file_line_and_column(tmp_path, settled, message):
    path = tmp_path / "settled.csv"
    path.write_bytes(settled)
    result = run(write_votes(tmp_path / "votes.csv", VOTES), "--resolved", path)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    assert str(path) in result.stderr


def test_bad_resolutions_and_outputs_are_refused(tmp_path):
    path = write_votes(tmp_path / "votes.csv", VOTES)
    settled = write_votes(tmp_path / "settled.csv", [("moon", 3)], ("story", "outcome"))
    assert "line 2, column outcome: '3' is neither" in run(path, "--resolved", settled).stderr
    assert run(path, "--resolved", tmp_path / "none.csv").exit_code == 2
    assert run(path, "--out", "scores.txt").exit_code == 2
    assert run(path, "--out", tmp_path / "no" / "scores.csv").exit_code == 2
    assert run(tmp_path / "missing.csv").exit_code == 2
