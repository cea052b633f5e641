"""`touchstone bench`: what loading votes and fitting them costs in time and memory, beside crowd-kit's methods."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

Figures = dict[str, float]
PEERS = ("DawidSkene", "GLAD", "MACE")
HERE = Path(__file__).parent


@click.command()
@click.option(
    "--votes", default=1e6, show_default=True, type=click.FloatRange(100, 2e8), help="How many votes, e.g. 1e6."
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 256), help="Threads of our own method.")
@click.option("--peers", is_flag=True, help="Also run crowd-kit's DawidSkene, GLAD and MACE (make peers).")
@click.option("--limit", default=900.0, show_default=True, help="Seconds after which a peer is stopped and left out.")
@click.option("--json", "as_json", is_flag=True, help="Print {method: {cpu_s, wall_s, peak_mb}}.")
def bench(votes: float, threads: int, peers: bool, limit: float, as_json: bool) -> None:
    """Measure load + full fit on made-up votes: n/20 readers, n/40 stories, Zipf-like activity, one viewpoint axis.

    Each method runs in a process of its own from the same CSV file; ours once before on few votes, to warm up.
    """
    console = Console(stderr=True)
    python = peers_python() if peers else ""
    with tempfile.TemporaryDirectory() as folder, console.status("Making up votes…") as status:
        few, path = Path(folder, "few.csv"), Path(folder, "votes.csv")
        write_votes(few, 2000)
        write_votes(path, int(votes))
        status.update("touchstone")
        own = [sys.executable, "-m", "touchstone.cli.bench_own", str(few), str(path), str(threads)]
        results = {"touchstone": run_one(own, None)}
        for method in PEERS if peers else ():
            status.update(method)
            try:
                results[method] = run_one([python, str(HERE / "bench_peer.py"), method, str(path)], limit)
            except subprocess.TimeoutExpired:
                console.print(f"{method} did not finish within {limit:.0f} s and is left out.", soft_wrap=True)
            except click.ClickException as error:
                console.print(f"{method} is left out: {error.message}", soft_wrap=True)
    if as_json:
        click.echo(json.dumps(results))
    else:
        print_results(results)


def peers_python() -> str:
    """The interpreter that has crowd-kit: TOUCHSTONE_PEERS_PYTHON, or the one of .venv-peers."""
    python = os.environ.get("TOUCHSTONE_PEERS_PYTHON", ".venv-peers/bin/python")
    if not Path(python).exists():
        raise click.ClickException(f"{python} is not there: run `make peers`, or set TOUCHSTONE_PEERS_PYTHON.")
    return python


def run_one(command: list[str], limit: float | None) -> Figures:
    """The figures that a child process prints. Raises click.ClickException if it fails."""
    finished = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)  # noqa: S603
    if finished.returncode != 0:
        last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
        program = " ".join(Path(word).name for word in command[:3])
        raise click.ClickException(f"{program} failed: {last}")
    figures: Figures = json.loads(finished.stdout.splitlines()[-1])
    return figures


def write_votes(path: Path, votes: int) -> None:
    """Have a CSV of made-up votes written by a process of its own.

    Linux reports as a child's peak memory what its parent has taken before, so who is measured must have a small one.
    """
    maker = [sys.executable, "-m", "touchstone.cli.bench_votes", str(path), str(votes)]
    subprocess.run(maker, check=True)  # noqa: S603


def print_results(results: dict[str, Figures]) -> None:
    """A table of the methods' figures."""
    table = Table("method", "CPU s", "wall s", "peak MB", "load CPU s", "fit CPU s")
    for method, figures in results.items():
        keys = ("cpu_s", "wall_s", "peak_mb", "load_cpu_s", "fit_cpu_s")
        table.add_row(method, *(f"{figures[key]:.2f}" for key in keys))
    Console().print(table)
