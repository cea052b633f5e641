"""`touchstone serve` starts the whole newsroom, says clearly why when it cannot, and stops at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.databases import database_settings, lay_migrated
from tests.newsroom import ROOT, STOP_WITHIN_S, free_port, patient, running_newsroom


def serve(data_dir: Path | str, *part: str, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "PORT"}}
    environment = {**inherited, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT / "src"), **settings}
    return subprocess.run(
        [sys.executable, "-m", "touchstone.cli", "serve", *part],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_taken_port_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = serve(tmp_path, PORT=str(port))
    assert ended.returncode != 0
    assert ended.stderr.strip() == (
        f"Error: Cannot serve on 127.0.0.1 port {port} (Address already in use): "
        "set PORT to a free port and start again."
    )


def test_an_exchange_that_is_none_is_said_in_one_sentence_with_what_looks_like_it(tmp_path: Path) -> None:
    lay_migrated(tmp_path)
    settings = {"PRICE_FEED": "live", "PRICE_EXCHANGES": "krakn", **database_settings(tmp_path)}
    ended = serve(tmp_path, "prices", **settings)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: there is no exchange 'krakn'. Did you mean kraken?")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "eighty"}, "Setting PORT is 'eighty': set it to a whole number from 1 to 65535."),
        ({"DEBUG": "maybe"}, "Setting DEBUG is 'maybe', not a yes or no: set it to 1 or 0."),
        ({"LOG_LEVEL": "loud"}, "Setting LOG_LEVEL is 'loud': set it to DEBUG or INFO or WARNING or ERROR."),
        (
            {"METRICS_TOKEN": "x"},
            "Setting METRICS_TOKEN is shorter than 20 characters: set a long random value or none.",
        ),
        ({"SECRET_KEY": "short"}, "Setting SECRET_KEY is shorter than 32 characters: set a long random value."),
        (
            {"SITE_ORIGIN": "news.example"},
            "Setting SITE_ORIGIN is 'news.example': set it to an origin such as https://news.example.",
        ),
        (
            {"DATABASE_URL": "mysql://x/y"},
            "Setting DATABASE_URL is not understood: use sqlite:///path or postgresql://user:password@host:5432/name.",
        ),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    ended = serve(tmp_path, **settings)
    assert ended.returncode != 0
    assert ended.stderr.strip() == f"Error: {sentence}"


def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    ended = serve("/proc/newsroom")
    assert ended.returncode != 0
    assert ended.stderr.startswith("Error: Setting DATA_DIR is '/proc/newsroom', which cannot be written")
    assert len(ended.stderr.strip().splitlines()) == 1


def processes_below(parent: int) -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if f"\nPPid:\t{parent}\n" in text:
            child = int(status.parent.name)
            found |= {child} | processes_below(child)
    return found


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@pytest.mark.slow
@pytest.mark.parametrize("part", [(), ("web",)])
def test_links_follow_the_port_unless_the_origin_is_set(tmp_path: Path, part: tuple[str, ...]) -> None:
    lay_migrated(tmp_path)
    port = free_port()
    options = {"port": port, "arguments": (*part, "--port", str(port))}
    with running_newsroom(tmp_path, PORT="1", DEMO="0", SITE_ORIGIN="", **options) as newsroom:
        assert f"Sitemap: http://127.0.0.1:{port}/sitemap.xml" in httpx.get(f"{newsroom.origin}/robots.txt").text
        assert "SITE_ORIGIN" not in newsroom.log.read_text()
    with running_newsroom(tmp_path, PORT="1", DEMO="0", SITE_ORIGIN="http://127.0.0.1:8000", **options) as newsroom:
        assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in httpx.get(f"{newsroom.origin}/robots.txt").text
        told = "Links, mails and the vote log name http://127.0.0.1:8000, as SITE_ORIGIN says."
        assert (told in newsroom.log.read_text()) is (part == ())


@pytest.mark.slow
def test_it_starts_again_on_the_same_data_and_ctrl_c_ends_every_process(tmp_path: Path) -> None:
    with running_newsroom(tmp_path) as first:
        story = first.lead_story()["id"]
        password = first.editor_password()
        tree = processes_below(first.process.pid)
        assert len(tree) >= 3
        asked_at = time.monotonic()
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(120) == 0
        took_s = time.monotonic() - asked_at
    assert took_s < patient(STOP_WITHIN_S)
    assert not [process for process in tree if is_running(process)]
    with running_newsroom(tmp_path) as second:
        assert second.lead_story()["id"] == story
        assert second.editor_password() == password


@pytest.mark.slow
def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    lay_migrated(tmp_path)
    with running_newsroom(tmp_path, port=free_port(), DEMO="0") as newsroom:
        web = next(
            process
            for process in processes_below(newsroom.process.pid)
            if b"\0web\0" in Path(f"/proc/{process}/cmdline").read_bytes()
        )
        os.kill(web, signal.SIGKILL)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                if is_running(web) is False and httpx.get(f"{newsroom.origin}/api/v1/ticker", timeout=30).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
    pytest.fail("the web process was not started again within five minutes")
