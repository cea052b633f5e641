"""Ten thousand event streams on one core, beside nchan in the same run; 200 slow readers; a storm; a stop.

Needs a C compiler and nginx with nchan (Debian: libnginx-mod-nchan).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.newsroom import ROOT, free_port

from benchmarks.serving import CLIENT_CORE, SERVER_CORE, busy_s, cpu_s, environment_of, prefer
from benchmarks.streams_app import PADDING

STREAMS = 10_000
SLOW_READERS = 200
SECONDS = 8
ROUNDS = 3
FIGURES = ("p50", "p90", "p99", "max", "cpu_us_per_message")
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN = """
load_module {module}; worker_processes 1; master_process off; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 15000; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location = /publish {{ nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 1; }}
    location = /stream {{ nchan_subscriber eventsource; nchan_channel_id one; nchan_subscriber_first_message newest; }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of streams that runs on the first core."""

    port: int
    process: subprocess.Popen[bytes]

    def memory_mb(self) -> float:
        """Resident memory, megabytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


def measure() -> dict[str, Any]:
    """Delivery in ms and CPU per message, medians of interleaved rounds; what slow readers and a storm change."""
    allow_open_files()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        client = build_client(folder)
        ours = stack.enter_context(touchstone(folder))
        theirs = stack.enter_context(nchan(folder))
        before, began = busy_s(), time.monotonic()
        rounds: dict[str, list[dict[str, float]]] = {"touchstone": [], "nchan": [], "with_slow_readers": []}
        for _ in range(ROUNDS):
            rounds["touchstone"].append(listen(client, ours))
            rounds["nchan"].append(listen(client, theirs))
            rounds["with_slow_readers"].append(listen(client, ours, slow=SLOW_READERS))
        busy_cores = (busy_s() - before) / (time.monotonic() - began)
        storm = reconnect_storm(client, ours)
        stopped_s = stop_with_all_open(client, ours)
    found: dict[str, Any] = {name: _medians(each) for name, each in rounds.items()}
    against = {
        "p99_against_nchan": found["touchstone"]["p99"] / found["nchan"]["p99"],
        "p99_with_slow_against_without": found["with_slow_readers"]["p99"] / found["touchstone"]["p99"],
        "cpu_against_nchan": found["touchstone"]["cpu_us_per_message"] / found["nchan"]["cpu_us_per_message"],
        "cpu_with_slow_against_without": found["with_slow_readers"]["cpu_us_per_message"]
        / found["touchstone"]["cpu_us_per_message"],
    }
    sizes = {"streams": STREAMS, "slow_readers": SLOW_READERS, "rounds": ROUNDS, "busy_cores": round(busy_cores, 2)}
    ratios = {name: round(value, 3) for name, value in against.items()}
    return {**sizes, **found, **ratios, "storm": storm, "stop_with_all_open_s": stopped_s}


def listen(client: Path, peer: Peer, *, seconds: int = SECONDS, slow: int = 0) -> dict[str, float]:
    """Open all streams from one process on the last core and listen; its figures, and the server's CPU."""
    process = _start_client(client, peer, seconds=seconds, slow=slow)
    before = cpu_s(peer.process.pid)
    figures: dict[str, float] = json.loads(process.communicate(timeout=180)[0])
    used = cpu_s(peer.process.pid) - before
    if figures["open"] < STREAMS or figures["fewest"] < min(1, seconds - 2):
        raise RuntimeError(f"only {figures['open']} of {STREAMS} streams were served: {figures}")
    return {**figures, "cpu_us_per_message": 1e6 * used / max(1, figures["messages"])}


def reconnect_storm(client: Path, peer: Peer) -> dict[str, float]:
    """All streams at once, and all of them again after all were cut: seconds until everyone is served."""
    first = listen(client, peer, seconds=2)
    again = listen(client, peer, seconds=2)
    return {"first_s": first["open_s"], "again_s": again["open_s"], "server_mb": peer.memory_mb()}


def stop_with_all_open(client: Path, peer: Peer) -> float:
    """Seconds that the server takes to end when all streams are open."""
    process = _start_client(client, peer, seconds=60, slow=0)
    began = time.monotonic()
    peer.process.terminate()
    peer.process.wait(30)
    took = time.monotonic() - began
    process.terminate()
    process.communicate()
    return round(took, 2)


def _start_client(client: Path, peer: Peer, *, seconds: int, slow: int) -> subprocess.Popen[str]:
    """The client, once all its streams are open."""
    command = [str(client), "127.0.0.1", str(peer.port), "/stream", str(STREAMS), str(seconds), str(slow)]
    process = subprocess.Popen(on_core(CLIENT_CORE, command), stdout=subprocess.PIPE, text=True, start_new_session=True)
    prefer(process.pid)
    assert process.stdout is not None
    if process.stdout.readline().strip() != "listening":
        raise RuntimeError("the client opened no streams")
    return process


@contextlib.contextmanager
def touchstone(folder: Path) -> Iterator[Peer]:
    """The web process on a fresh database."""
    port = free_port()
    settings = {"STREAMS": "20000", "STREAMS_PER_ADDRESS": "20000", "DEMO": "0"}
    environment = environment_of(folder / "data", **settings)
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    (folder / "data").mkdir()
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "benchmarks.streams_app", str(port)]
    with _running(command, port, folder / "web.log", environment) as peer:
        yield peer


@contextlib.contextmanager
def nchan(folder: Path) -> Iterator[Peer]:
    """nginx with nchan, and a publisher that posts one message a second."""
    if not NCHAN_MODULE.exists():
        raise RuntimeError(f"{NCHAN_MODULE} is absent: install nginx and libnginx-mod-nchan")
    port = free_port()
    config = folder / "nchan.conf"
    config.write_text(NCHAN.format(module=NCHAN_MODULE, folder=folder, port=port))
    stop = threading.Event()
    with _running(["nginx", "-c", str(config)], port, folder / "nginx.log", dict(os.environ)) as peer:
        publisher = threading.Thread(target=_publish_to_nchan, args=(port, stop), daemon=True)
        publisher.start()
        try:
            yield peer
        finally:
            stop.set()
            publisher.join()


def _publish_to_nchan(port: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/publish", f"T={time.monotonic_ns()};{PADDING}")
        connection.getresponse().read()
        connection.close()


def build_client(folder: Path) -> Path:
    """The compiled reader of streams."""
    target = folder / "stream_readers"
    source = ROOT / "benchmarks" / "stream_readers.c"
    subprocess.run(["cc", "-O2", "-o", str(target), str(source)], check=True)
    return target


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path, environment: dict[str, str]) -> Iterator[Peer]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            on_core(SERVER_CORE, command),
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    prefer(process.pid)
    try:
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close(), log)
        yield Peer(port, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(attempt: Callable[[], None], log: Path, within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            attempt()
            return
        except OSError as err:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}") from err
            time.sleep(0.1)


def on_core(core: str, command: list[str]) -> list[str]:
    """The command bound to one core, where there are two."""
    return ["taskset", "-c", core, *command] if (os.cpu_count() or 1) > 1 and shutil.which("taskset") else command


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(each[key] for each in rounds), 2) for key in FIGURES}


def allow_open_files() -> None:
    """Raise the soft limit of open files, which the servers and the client inherit. Raises RuntimeError if too low."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = STREAMS + SLOW_READERS + 1000
    if hard < wanted:
        raise RuntimeError(f"only {hard} open files are allowed; raise the hard limit to {wanted}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
