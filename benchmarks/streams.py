"""Ten thousand event streams on one core, beside nchan in the same run; 200 slow readers; a storm of reconnects.

Needs gcc, nginx with nchan (Debian: libnginx-mod-nchan) and the client SSE_CLIENT or ../shared/bench/sse_client.c.
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
from pathlib import Path
from typing import Any

from benchmarks.streams_app import PADDING

ROOT = Path(__file__).resolve().parents[1]
STREAMS = 10_000
SLOW_READERS = 200
SECONDS = 10
ROUNDS = 3
NCHAN_MODULE = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NCHAN = """
load_module {module}; worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 15000; }}
http {{
  access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location = /publish {{ nchan_publisher; nchan_channel_id one; nchan_message_buffer_length 1; }}
    location = /stream {{ nchan_subscriber eventsource; nchan_channel_id one; nchan_subscriber_first_message newest; }}
  }}
}}
"""


def measure() -> dict[str, Any]:
    """p50 and p99 of delivery in ms, medians of interleaved rounds; and what slow readers and a storm change."""
    _raise_file_limit()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        client = _build_client(folder)
        rounds: dict[str, list[dict[str, float]]] = {"touchstone": [], "nchan": [], "with_slow_readers": []}
        for _ in range(ROUNDS):
            with touchstone(folder) as (port, _pid):
                rounds["touchstone"].append(run_client(client, port))
            with nchan(folder) as port:
                rounds["nchan"].append(run_client(client, port))
            with touchstone(folder) as (port, _pid), slow_readers(port, SLOW_READERS):
                rounds["with_slow_readers"].append(run_client(client, port))
        storm = reconnect_storm(client, folder)
    found: dict[str, Any] = {name: _medians(each) for name, each in rounds.items()}
    found["p99_against_nchan"] = round(found["touchstone"]["p99"] / found["nchan"]["p99"], 3)
    found["p99_with_slow_against_without"] = round(found["with_slow_readers"]["p99"] / found["touchstone"]["p99"], 3)
    return {"streams": STREAMS, "slow_readers": SLOW_READERS, "rounds": ROUNDS, **found, "storm": storm}


def reconnect_storm(client: Path, folder: Path) -> dict[str, float]:
    """All streams at once, and all of them again after all were cut: seconds until everyone is served."""
    with touchstone(folder) as (port, pid):
        first = run_client(client, port, seconds=1)
        again = run_client(client, port, seconds=1)
        memory_mb = _resident_mb(pid)
    return {"first_s": first["connect_s"], "again_s": again["connect_s"], "server_mb": memory_mb}


@contextlib.contextmanager
def touchstone(folder: Path) -> Iterator[tuple[int, int]]:
    """The hub under uvicorn on core 0; its port and process id."""
    port = _free_port()
    options = [
        "--port",
        str(port),
        "--http",
        "httptools",
        "--loop",
        "uvloop",
        "--no-access-log",
        "--log-level",
        "error",
    ]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.streams_app:application", *options]
    command += ["--timeout-graceful-shutdown", "2", "--backlog", "2048"]
    with _running(_on_core(0, command), port, folder / "uvicorn.log") as process:
        yield port, process.pid


@contextlib.contextmanager
def nchan(folder: Path) -> Iterator[int]:
    """nginx with nchan on core 0, and a publisher that posts one message a second."""
    if not NCHAN_MODULE.exists():
        raise RuntimeError(f"{NCHAN_MODULE} is absent: install nginx and libnginx-mod-nchan")
    port = _free_port()
    config = folder / "nchan.conf"
    config.write_text(NCHAN.format(module=NCHAN_MODULE, folder=folder, port=port))
    stop = threading.Event()
    with _running(_on_core(0, ["nginx", "-c", str(config)]), port, folder / "nginx.log"):
        publisher = threading.Thread(target=_publish_to_nchan, args=(port, stop), daemon=True)
        publisher.start()
        try:
            yield port
        finally:
            stop.set()
            publisher.join()


def _publish_to_nchan(port: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", "/publish", f"T={time.monotonic_ns()};{PADDING}")
        connection.getresponse().read()
        connection.close()


@contextlib.contextmanager
def slow_readers(port: int, count: int) -> Iterator[None]:
    """Connections with the smallest receive buffer that read one byte a second."""
    sockets = []
    for _ in range(count):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        reader.connect(("127.0.0.1", port))
        reader.sendall(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        reader.setblocking(False)
        sockets.append(reader)
    stop = threading.Event()

    def sip() -> None:
        while not stop.wait(1.0):
            for reader in sockets:
                with contextlib.suppress(OSError):
                    reader.recv(1)

    sipping = threading.Thread(target=sip, daemon=True)
    sipping.start()
    try:
        yield
    finally:
        stop.set()
        sipping.join()
        for reader in sockets:
            reader.close()


def run_client(client: Path, port: int, *, seconds: int = SECONDS) -> dict[str, float]:
    """Open all streams from one process on the last core; its figures."""
    command = [str(client), "127.0.0.1", str(port), "/stream", str(STREAMS), str(seconds)]
    found = subprocess.run(_on_core(1, command), capture_output=True, text=True, check=True, timeout=180)
    figures: dict[str, float] = json.loads(found.stdout)
    if figures["open"] < STREAMS:
        raise RuntimeError(f"only {figures['open']} of {STREAMS} streams opened: {found.stdout}")
    return figures


def _build_client(folder: Path) -> Path:
    source = Path(os.environ.get("SSE_CLIENT", ROOT.parent / "shared" / "bench" / "sse_client.c"))
    if not source.exists():
        raise RuntimeError(f"the client's source {source} is absent: set SSE_CLIENT to it")
    target = folder / "sse_client"
    subprocess.run(["gcc", "-O2", "-w", "-o", str(target), str(source)], check=True)
    return target


@contextlib.contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait_for(lambda: socket.create_connection(("127.0.0.1", port), timeout=1).close())
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(attempt: Callable[[], None], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            attempt()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _on_core(core: int, command: list[str]) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or not shutil.which("taskset"):
        return command
    return ["taskset", "-c", str(cores[min(core, len(cores) - 1)]), *command]


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(each[key] for each in rounds), 1) for key in ("p50", "p90", "p99", "max")}


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024, 1)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = STREAMS + 2000
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted:
        raise RuntimeError(f"only {hard} open files are allowed; raise the limit to {wanted}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
