"""`touchstone study` as a person at a terminal meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result
from tests.eventstudy.makers import planted

from touchstone.cli.main import main

pytestmark = pytest.mark.pure

START = datetime(2026, 3, 1, tzinfo=UTC)
EVENT = (START + timedelta(minutes=150)).isoformat()


def rows(effect: float = 0.05) -> list[tuple[str, str, float]]:
    instrument, market, _ = planted(np.random.default_rng(3), effect=effect)
    moments = [(START + timedelta(seconds=second)).isoformat() for second in instrument.times_s.tolist()]
    return [(moment, "FET", price) for moment, price in zip(moments, instrument.prices.tolist(), strict=True)] + [
        (moment, "BTC", price) for moment, price in zip(moments, market.prices.tolist(), strict=True)
    ]


def write_csv(path: Path, table: list[tuple[str, str, float]], header: str = "time,instrument,price") -> Path:
    path.write_text("\n".join([header, *(f"{a},{b},{c!r}" for a, b, c in table)]) + "\n")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["study", *map(str, arguments)])


def test_a_planted_effect_is_found_and_printed_as_json(tmp_path: Path) -> None:
    prices = write_csv(tmp_path / "p.csv", rows())
    result = run(prices, "--at", EVENT, "--instrument", "FET", "--benchmark", "BTC", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["low"] < 0.05 < found["high"]
    assert found["low"] <= found["abnormal_return"] <= found["high"]
    assert found["distinguishable"] is True
    assert found["p_value"] < 1e-6
    assert isinstance(found["raw_return"], float)


def test_without_effect_the_verdict_is_noise(tmp_path: Path) -> None:
    prices = write_csv(tmp_path / "p.csv", rows(effect=0.0))
    result = run(prices, "--at", EVENT, "--instrument", "FET", "--benchmark", "BTC")
    assert result.exit_code == 0
    assert "not distinguishable from noise" in result.stdout
    assert "does not show that the event caused it" in result.stdout


@pytest.mark.parametrize("kind", ["timestamp", "text", "milliseconds"])
def test_parquet_and_csv_give_the_same_figures(tmp_path: Path, kind: str) -> None:
    table = rows()
    times: list[object] = [time for time, _, _ in table]
    if kind != "text":
        moments = [datetime.fromisoformat(str(time)) for time in times]
        times = moments if kind == "timestamp" else [int(moment.timestamp() * 1000) for moment in moments]
    columns = {"price": [p for _, _, p in table], "time": times, "instrument": [s for _, s, _ in table]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "p.parquet")
    options = ("--at", EVENT, "--instrument", "FET", "--json")
    from_csv = run(write_csv(tmp_path / "p.csv", table), *options)
    from_parquet = run(tmp_path / "p.parquet", *options)
    assert from_parquet.exit_code == 0
    assert from_parquet.stdout == from_csv.stdout


def test_columns_may_stand_in_any_order_and_among_others(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["Price,note, TIME ,instrument", *(f"{c!r},x,{a},{b}" for a, b, c in rows())]))
    assert run(path, "--at", EVENT, "--instrument", "FET").exit_code == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-03-01T00:00:00+00:00,FET,abc", ["line 2, column price", "'abc' is not a number"]),
        ("2026-03-01T00:00:00+00:00,FET,-1", ["line 2, column price", "above zero"]),
        ("2026-03-01T00:00:00+00:00,FET,nan", ["line 2, column price", "finite"]),
        ("2026-03-01T00:00:00+00:00,FET,inf", ["line 2, column price", "finite"]),
        ("yesterday,FET,1", ["line 2, column time", "'yesterday' is not a time"]),
        (",FET,1", ["line 2, column time"]),
        ("2026-03-01T00:00:00+00:00,,1", ["line 2, column instrument", "empty"]),
        ("2026-03-01T00:00:00+00:00,FET", ["line 2", "2 cells"]),
        ("2026-03-01T00:00:00+00:00,FET,1\n2026-03-01T00:00:00Z,FET,2", ["line 3, column time", "two different"]),
        ('"2026', ["line"]),
    ],
)
def test_a_bad_line_is_named_with_its_column(tmp_path: Path, line: str, words: list[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"time,instrument,price\n{line}\n")
    result = run(path, "--at", EVENT, "--instrument", "FET")
    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert all(word in result.stderr for word in words)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "missing: time, instrument, price"),
        (b"time,price\n", "missing: instrument"),
        (b"time,instrument,price\n", "not a single price"),
        (b"\xff\xfe\x00", "p.csv, line 1: is neither UTF-8 text nor Parquet (byte 0xff); save it as UTF-8"),
        (b"time,instrument,price\n1,caf\xe9,2\n", "p.csv, line 2: is neither UTF-8 text nor Parquet (byte 0xe9)"),
        (b"PAR1 but not really", "p.csv"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    result = run(path, "--at", EVENT, "--instrument", "FET")
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_parquet_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"time": [1], "close": [2.0]}), tmp_path / "p.parquet")
    result = run(tmp_path / "p.parquet", "--at", EVENT, "--instrument", "FET")
    assert (result.exit_code, "missing: instrument, price" in result.stderr) == (2, True)


def test_a_bad_parquet_row_is_named(tmp_path: Path) -> None:
    columns = {"time": [1, 2, 3], "instrument": ["A", "A", "A"], "price": [1.0, None, 2.0]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "p.parquet")
    result = run(tmp_path / "p.parquet", "--at", "1", "--instrument", "A")
    assert (result.exit_code, "line 2, column price" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--at", EVENT, "--instrument", "NOPE"], "there are prices of BTC, FET"),
        (["--at", EVENT, "--instrument", "FET", "--benchmark", "NOPE"], "'NOPE'"),
        (["--at", EVENT, "--instrument", "FET", "--benchmark", "FET"], "'FET' cannot explain itself"),
        (["--at", "2020-01-01", "--instrument", "FET"], "they run from 2026-03-01T00:00:00Z"),
        (["--at", "2026-03-01T00:10:00Z", "--instrument", "FET"], "at least 20 are needed"),
        (["--at", "noon", "--instrument", "FET"], "'noon' is not a time"),
        (["--at", EVENT, "--instrument", "FET", "--window", "soon"], "15m"),
        (["--at", EVENT, "--instrument", "FET", "--window", "-5m"], "15m"),
        (["--at", EVENT], "--instrument"),
    ],
)
def test_bad_options_end_with_code_2_and_a_reason(tmp_path: Path, options: list[str], words: str) -> None:
    result = run(write_csv(tmp_path / "p.csv", rows()), *options)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere.csv", "--at", EVENT, "--instrument", "FET")
    assert (result.exit_code, "No such file" in result.stderr) == (2, True)


def test_the_command_never_loads_django(tmp_path: Path) -> None:
    prices = write_csv(tmp_path / "p.csv", rows())
    script = (
        "import sys; from touchstone.cli.main import main\n"
        f"main(['study', {str(prices)!r}, '--at', {EVENT!r}, '--instrument', 'FET'], standalone_mode=False)\n"
        "assert 'django' not in sys.modules and 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0
