"""`touchstone attack` through the command's own door."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from touchstone.cli.attack import attack

pytestmark = pytest.mark.pure


def test_json_has_one_row_per_attack_and_nothing_else() -> None:
    ended = CliRunner().invoke(attack, ["lockstep", "whitewashing", "--seeds", "1", "--accounts", "24", "--json"])
    assert ended.exit_code == 0, ended.output
    rows = json.loads(ended.stdout)
    assert list(rows) == ["lockstep", "whitewashing"]
    assert {"seeds", "targets", "flipped", "planted", "lost", "cost", "collateral"} <= set(rows["lockstep"])


def test_the_table_names_attack_and_peers() -> None:
    ended = CliRunner().invoke(attack, ["lockstep", "--seeds", "1", "--accounts", "10"])
    assert ended.exit_code == 0
    assert "lockstep" in ended.output
    assert "bridging" in ended.output


def test_an_unknown_attack_is_refused_with_the_known_ones() -> None:
    ended = CliRunner().invoke(attack, ["earthquake"])
    assert ended.exit_code == 2
    assert "'earthquake' is not one of fresh, random" in ended.output


def test_attacks_can_be_listed_without_running() -> None:
    ended = CliRunner().invoke(attack, ["--list"])
    assert ended.exit_code == 0
    assert ended.output.count("accounts") >= 19
