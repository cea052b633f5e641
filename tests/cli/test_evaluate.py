"""`touchstone evaluate` on small crowds written for the test."""

from __future__ import annotations

import importlib.machinery
import json
import sys
import types
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas
import pytest
from click.testing import CliRunner, Result
from tests.engine.crowds import plant

from touchstone.cli.main import main

pytestmark = pytest.mark.pure

KEYS = {"accuracy", "log_loss", "brier", "ece", "n", "seconds", "ece_per_draw", "ece_by_chance", "intervals"}


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    folder = tmp_path / "planted"
    folder.mkdir()
    made = plant(n_stories=60, n_readers=15, votes=6)
    rows = [f"t{s},w{r},{v}" for s, r, v in zip(made.story, made.reader, made.vote, strict=True)]
    (folder / "labels.csv").write_text("task,worker,label\n" + "\n".join(rows) + "\n")
    (folder / "truth.csv").write_text("task,truth\n" + "\n".join(f"t{s},{t}" for s, t in enumerate(made.truth)) + "\n")
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def test_json_holds_every_figure_of_the_published_method_and_its_references(crowd: Path) -> None:
    result = run(crowd, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["planted"]
    assert {"touchstone", "share", "laplace", "dawid_skene"} <= set(figures)
    assert set(figures["touchstone"]) >= KEYS
    assert figures["touchstone"]["n"] == 60


def test_share_is_graded_as_by_hand(crowd: Path) -> None:
    made = plant(n_stories=60, n_readers=15, votes=6)
    share = np.bincount(made.story, made.vote) / 6
    assert json.loads(run(crowd, "--json").stdout)["planted"]["share"]["brier"] == pytest.approx(
        np.mean((share - made.truth) ** 2)
    )


def test_resolved_stories_are_not_scored(crowd: Path) -> None:
    assert json.loads(run(crowd, "--json", "--resolve", 20, "--seeds", 2).stdout)["planted"]["share"]["n"] == 40


def test_the_same_seeds_give_the_same_figures(crowd: Path) -> None:
    first, second = (
        json.loads(run(crowd, "--json", "--resolve", 10, "--votes", 3, "--per-reader", 4, "--seeds", 2).stdout)
        for _ in range(2)
    )
    for figures in (*first["planted"].values(), *second["planted"].values()):
        figures.pop("seconds")
    assert first == second


def test_thinning_keeps_few_votes_a_story_and_a_reader(crowd: Path) -> None:
    from touchstone.cli.crowds import read_crowd, thin_crowd

    thin = thin_crowd(read_crowd(crowd), 2, 5, np.random.default_rng(0))
    assert np.bincount(thin.story).max() == 2
    assert np.bincount(thin.reader).max() == 5
    assert len(np.unique(thin.story)) == thin.n_stories


def test_thinning_away_every_known_truth_is_refused(crowd: Path) -> None:
    (crowd / "labels.csv").write_text("task,worker,label\na,x,1\nb,x,1\nc,x,0\n")
    (crowd / "truth.csv").write_text("task,truth\na,1\n")
    result = run(crowd, "--per-reader", 1, "--seeds", 20)
    assert result.exit_code == 2
    assert "keep more votes" in result.stderr


def test_the_table_names_every_set_and_method(crowd: Path) -> None:
    result = run(crowd, "--methods", "two_coin,one_coin")
    assert result.exit_code == 0, result.output
    assert all(word in result.stdout for word in ("planted", "touchstone", "dawid_skene", "two_coin", "one_coin"))


def test_calibration_error_is_pooled_over_the_draws_and_also_given_per_draw(crowd: Path) -> None:
    figures = json.loads(run(crowd, "--json", "--votes", 2, "--seeds", 6).stdout)["planted"]["laplace"]
    assert 0 < figures["ece"] <= figures["ece_per_draw"]
    one = json.loads(run(crowd, "--json").stdout)["planted"]["laplace"]
    assert one["ece"] == one["ece_per_draw"]


def test_a_reliability_diagram_is_written(crowd: Path, tmp_path: Path) -> None:
    assert run(crowd, "--diagram", tmp_path / "plot.svg").exit_code == 0
    svg = ElementTree.fromstring((tmp_path / "plot.svg").read_text())
    assert svg.tag.endswith("svg")
    assert "touchstone" in "".join(svg.itertext())


def test_a_diagram_that_cannot_be_written_costs_no_figure(crowd: Path, tmp_path: Path) -> None:
    result = run(crowd, "--diagram", tmp_path / "nowhere" / "plot.svg")
    assert result.exit_code == 2
    assert "touchstone" in result.stdout
    assert result.stderr.endswith("plot.svg: cannot be written: No such file or directory.\n")


def test_a_peer_that_breaks_is_named_and_left_out(crowd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "crowdkit", types.ModuleType("crowdkit"))
    monkeypatch.setitem(sys.modules, "crowdkit.aggregation", FakeCrowdKit("crowdkit.aggregation"))
    sys.modules["crowdkit"].__spec__ = importlib.machinery.ModuleSpec("crowdkit", None)
    result = run(crowd, "--json", "--methods", "MajorityVote,GLAD,Wawa")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["planted"]
    assert figures["MajorityVote"]["brier"] == pytest.approx(figures["share"]["brier"])
    assert figures["GLAD"]["accuracy"] == pytest.approx(figures["share"]["accuracy"], abs=0.2)
    assert "Wawa" not in figures
    assert "Wawa failed on planted" in result.stderr


class FakeCrowdKit(types.ModuleType):
    """Stands in for crowd-kit: a majority with probabilities, one with labels only, and one that breaks."""

    class MajorityVote:
        def fit_predict_proba(self, votes: pandas.DataFrame) -> pandas.DataFrame:
            return votes.groupby("task").label.value_counts(normalize=True).unstack(fill_value=0.0)

    class GLAD:
        def fit_predict(self, votes: pandas.DataFrame) -> pandas.Series:
            return votes.groupby("task").label.median().round()

    class Wawa:
        def fit_predict(self, votes: pandas.DataFrame) -> pandas.Series:
            raise AttributeError("too old")


def test_an_unknown_method_is_refused_with_the_known_ones(crowd: Path) -> None:
    result = run(crowd, "--methods", "oracle")
    assert result.exit_code == 2
    assert "oracle" in result.stderr
    assert "dawid_skene" in result.stderr


def test_resolving_every_story_is_refused(crowd: Path) -> None:
    result = run(crowd, "--resolve", 60)
    assert result.exit_code == 2
    assert "60 truths" in result.stderr


def test_one_class_of_a_set_of_many_can_be_scored(crowd: Path) -> None:
    (crowd / "labels.csv").write_text("task,worker,label\na,x,2\na,y,3\nb,x,0\nb,y,2\n")
    (crowd / "truth.csv").write_text("task,truth\na,2\nb,0\n")
    refused = run(crowd)
    assert refused.exit_code == 2
    assert "labels.csv, line 2, column label: 2 is neither" in refused.stderr
    assert run(crowd, "--real-class", 2).exit_code == 0
    unknown = run(crowd, "--real-class", 7)
    assert unknown.exit_code == 2
    assert "labels.csv, column label: no label is 7" in unknown.stderr


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (b"", "labels.csv: the file is empty"),
        (b"task,worker,label\n", "labels.csv: there is no vote"),
        (b"task,worker\na,b\n", "labels.csv, line 1, column label: the column is missing"),
        (b"task,worker,label\na,b,1\na,c,2\n", "labels.csv, line 3, column label: 2 is neither"),
        (b"task,worker,label\na,b,NaN\n", "labels.csv, line 2, column label: 'NaN' is not a whole number"),
        (b"task,worker,label\na,b,\n", "labels.csv, line 2, column label: the cell is empty"),
        (b"task,worker,label\na,b,1\na,b,0\n", "labels.csv, line 3: worker 'b' already labelled task 'a' in line 2"),
        (b"task,worker,label\na,b\n", "labels.csv, line 2: the row has 2 cells"),
        (b"task,worker,label\na,\xff\xfe,1\n", "labels.csv, line 2: byte 0xff is not UTF-8 text"),
        (b"task,worker,label\na,b,1\n" + b"x" * (3 << 20), "labels.csv, line 3: the line is longer"),
        (b'task,worker,label\n"a"b"c,"d\n,1\n', "labels.csv, line"),
        (b"task,worker,label\na,\0,1\n", "labels.csv, line 2: the line holds a zero byte"),
    ],
)
def test_bad_votes_are_named_by_file_line_and_column(crowd: Path, labels: bytes, message: str) -> None:
    (crowd / "labels.csv").write_bytes(labels)
    result = run(crowd)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ("task,truth\nt0,1\nt0,1\n", "truth.csv, line 3: task 't0' already has a truth in line 2"),
        ("task,truth\nother,1\n", "truth.csv: not one task of labels.csv has a truth here"),
        ("task,truth\nt0,yes\n", "truth.csv, line 2, column truth: 'yes' is not a whole number"),
    ],
)
def test_bad_truths_are_named_by_file_line_and_column(crowd: Path, truth: str, message: str) -> None:
    (crowd / "truth.csv").write_text(truth)
    result = run(crowd)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_without_votes_is_named(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "labels.csv: cannot be read" in result.stderr
