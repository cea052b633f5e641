"""Starts the newsroom's web process on one core and loads it with wrk from the other."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.newsroom import ROOT, free_port

SERVER_CORE, CLIENT_CORE = "0", "1"
UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
HERTZ = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw, and how much of a core the server used for it.

    database_cpu_us : the same for the processes of a database server, where there is one
    busy_elsewhere  : cores that all other processes used meanwhile; above .1 the rate is not to be trusted
    """

    clients: int
    per_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    database_cpu_us: float | None
    busy_elsewhere: float
    problems: str

    def as_row(self) -> dict[str, Any]:
        """The figures, rounded."""
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}


@contextmanager
def web_process(data_dir: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """The web process on a prepared data folder, on its own core; its origin and process id."""
    port = free_port()
    command = [
        "taskset",
        "-c",
        SERVER_CORE,
        sys.executable,
        "-m",
        "touchstone.cli",
        "serve",
        "web",
        "--port",
        str(port),
    ]
    process = start(command, data_dir, "web.log", PORT=str(port), **settings)
    prefer(process.pid)
    origin = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(f"{origin}/api/v1/ticker")
        yield origin, process.pid
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def worker_process(data_dir: Path, **settings: str) -> Iterator[None]:
    """The worker on the same data folder, wherever there is room."""
    process = start([sys.executable, "-m", "touchstone.cli", "serve", "worker"], data_dir, "worker.log", **settings)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def start(command: list[str], data_dir: Path, log_name: str, **settings: str) -> subprocess.Popen[bytes]:
    """A process of the newsroom in a session of its own."""
    environment = environment_of(data_dir, **settings)
    with (data_dir / log_name).open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def environment_of(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a newsroom on a data folder."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**inherited, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT / "src"), **settings}


def prepare_newsroom(data_dir: Path, **settings: str) -> None:
    """Migrate and seed the demo newsroom; the tables are made once and copied until a migration changes."""
    data_dir.mkdir(parents=True, exist_ok=True)
    database, kept = data_dir / "newsroom.sqlite3", migrated_database()
    if kept.exists():
        shutil.copyfile(kept, database)
    manage(data_dir, "migrate", "-v0", **settings)
    if not kept.exists() and database.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("VACUUM INTO ?", [str(kept)])
    manage(data_dir, "seed_demo", **settings)


def migrated_database() -> Path:
    """Where the empty tables of these migrations and packages are kept between runs."""
    digest = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for file in sorted((ROOT / "src").glob("touchstone/*/migrations/*.py")):
        digest.update(file.read_bytes())
    return ROOT / "var" / "benchmarks" / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


def manage(data_dir: Path, *command: str, **settings: str) -> None:
    """Run one of the newsroom's commands."""
    environment = environment_of(data_dir, **settings)
    subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, capture_output=True)


def wait_until_up(address: str, *, within_s: float = 60) -> None:
    """Return when the address answers."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def prefer(pid: int) -> None:
    """Let other sessions on the machine distort the figure less, where the kernel groups by session."""
    try:
        Path(f"/proc/{pid}/autogroup").write_text("-15")
    except OSError:
        return


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / HERTZ


def family_cpu_s(pid: int) -> float:
    """Seconds of processor that a process, its children and those that have ended have used."""
    used = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has just ended
        if int(stat.parent.name) == pid:
            used += sum(map(int, fields[11:15]))
        elif int(fields[1]) == pid:
            used += sum(map(int, fields[11:13]))
    return used / HERTZ


def busy_s() -> float:
    """Seconds of processor that all processes have used."""
    values = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(values[:8]) - values[3] - values[4] - values[7]) / HERTZ


def wrk(
    url: str,
    *,
    pid: int,
    clients: int,
    seconds: float,
    script: Path | None = None,
    headers: tuple[str, ...] = (),
    database: int | None = None,
) -> Load:
    """Load an address for some seconds. Raises RuntimeError where wrk is missing or says nothing.

    database : process id of PostgreSQL's postmaster, if the server uses one
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed (apt install wrk)")
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{clients}", f"-d{round(seconds)}s", "--latency"]
    command += [part for header in headers for part in ("-H", header)]
    command += ["-s", str(script)] if script else []
    stored = family_cpu_s(database) if database else 0.0
    cpu, busy, started = cpu_s(pid), busy_s(), time.monotonic()
    process = subprocess.Popen([*command, url], stdout=subprocess.PIPE, text=True, start_new_session=True)
    prefer(process.pid)
    said = process.communicate()[0]
    took = time.monotonic() - started
    own = cpu_s(pid) - cpu
    storing = family_cpu_s(database) - stored if database else 0.0
    requests = int(_found(r"(\d+) requests in", said))
    used = busy_s() - busy - own - storing - _children_cpu_s()
    return Load(
        clients=clients,
        per_s=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        p50_ms=_milliseconds(said, "50%"),
        p99_ms=_milliseconds(said, "99%"),
        server_cpu_us=1e6 * own / max(1, requests),
        database_cpu_us=1e6 * storing / max(1, requests) if database else None,
        busy_elsewhere=max(0.0, used / took),
        problems=" ".join(re.findall(r"Socket errors:.*|Non-2xx.*", said)),
    )


_spent = 0.0


def _children_cpu_s() -> float:
    global _spent
    total = sum(os.times()[2:4])
    used, _spent = total - _spent, total
    return used


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk said nothing of use:\n{text}")
    return match[1]


def _milliseconds(text: str, quantile: str) -> float:
    value = _found(rf"\s{re.escape(quantile)}\s+([\d.]+\w+)", text)
    number = re.match(r"[\d.]+", value)
    assert number is not None
    return float(number[0]) * UNITS_MS[value[number.end() :]]
