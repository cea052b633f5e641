"""`touchstone bench`: made-up votes, and figures for load and fit."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from touchstone.cli import bench_votes
from touchstone.cli.bench_votes import make_votes
from touchstone.cli.main import main

pytestmark = pytest.mark.pure


def test_made_up_votes_have_the_promised_shape():
    story, reader, vote, time_ms = make_votes(20_000, np.random.default_rng(1))
    assert len(story) == len(reader) == len(vote) == len(time_ms) == 20_000
    assert (story.max() < 500, reader.max() < 1000) == (True, True)
    assert len(np.unique(story * 1000 + reader)) == 20_000
    assert set(vote) == {0, 1}
    busiest = np.sort(np.bincount(reader, minlength=1000))[::-1]
    assert busiest[:100].sum() > 0.25 * 20_000
    assert np.all(np.diff(time_ms) >= 0)


def test_the_bench_prints_its_figures_as_json():
    result = CliRunner().invoke(main, ["bench", "--votes", "2000", "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)["touchstone"]
    assert {"cpu_s", "wall_s", "peak_mb"} <= figures.keys()
    assert all(value > 0 for value in figures.values())


def test_votes_are_made_in_a_process_of_their_own(monkeypatch):
    monkeypatch.setattr(bench_votes, "make_votes", None)
    result = CliRunner().invoke(main, ["bench", "--votes", "2000", "--json"])
    assert result.exit_code == 0, result.output


def test_a_missing_peer_environment_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("TOUCHSTONE_PEERS_PYTHON", str(tmp_path / "python"))
    result = CliRunner().invoke(main, ["bench", "--votes", "2000", "--peers"])
    assert result.exit_code == 1
    assert "make peers" in result.stderr


def test_a_peer_that_breaks_is_named_and_the_others_figures_stay(monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ValueError: all NA' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setenv("TOUCHSTONE_PEERS_PYTHON", str(python))
    result = CliRunner().invoke(main, ["bench", "--votes", "2000", "--peers", "--json"])
    assert result.exit_code == 0
    assert set(json.loads(result.stdout)) == {"touchstone"}
    assert result.stderr.count("is left out: ") == 3
    assert "ValueError: all NA" in result.stderr
