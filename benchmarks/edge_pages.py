"""The lead story from the edge and from nginx as a static file of the same HTML; every kind of page rendered anew.

Run: python -m benchmarks.run edge_pages

Server on one core, wrk on the other, edge and nginx in turn within one run; the ratio is what counts on a shared
machine. EDGE_DATA_DIR names a data folder that is seeded already, to save the half minute of seeding.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from tests.newsroom import ROOT, free_port

from benchmarks.serving import (
    SERVER_CORE,
    Load,
    environment_of,
    prefer,
    prepare_newsroom,
    wait_until_up,
    web_process,
    wrk,
)

CLIENTS = 64
SECONDS = float(os.environ.get("EDGE_PAGES_SECONDS", "5"))
ROUNDS = 3
KINDS = {
    "front page": "/",
    "dashboard": "/trust/",
    "markets": "/markets/",
    "instrument": "/markets/btc/",
    "authors": "/authors/",
}
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; default_type text/html; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; open_file_cache max=100;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""


def measure() -> dict[str, Any]:
    """Pages a second from edge and nginx, their ratio, and what an uncached render of each kind of page costs."""
    given = os.environ.get("EDGE_DATA_DIR")
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        data_dir = Path(given) if given else Path(folder) / "newsroom"
        if not given:
            prepare_newsroom(data_dir)
        with web_process(data_dir) as (origin, pid):
            path = lead_path(origin)
            html = httpx.get(origin + path, headers={"Accept-Encoding": "identity"}).content
            (Path(folder) / "story.html").write_bytes(html)
            with nginx(Path(folder)) as (address, nginx_pid):
                rounds = [one_round(origin + path, pid, address, nginx_pid) for _ in range(ROUNDS)]
        # On a copy, as votes and prices are moved between renderings.
        renders = uncached_renders(Path(shutil.copytree(data_dir, Path(folder) / "copy")), path)
    return {
        "page_bytes": len(html),
        "rounds": [{name: load.as_row() for name, load in each.items()} for each in rounds],
        "edge_share_of_nginx": statistics.median(each["edge"].per_s / each["nginx"].per_s for each in rounds),
        "edge_share_of_nginx_by_cpu": statistics.median(
            each["nginx"].server_cpu_us / each["edge"].server_cpu_us for each in rounds
        ),
        "uncached_render_cpu_ms": renders["story"]["cpu_ms"],
        "uncached_renders": renders,
    }


def lead_path(origin: str) -> str:
    items = httpx.get(f"{origin}/api/v1/stories", params={"limit": 100}).raise_for_status().json()["items"]
    lead = max(
        items, key=lambda item: ((item["trust"]["real"], item["trust"]["fake"]) == (15, 1), item["trust"]["real"])
    )
    return "/" + str(lead["url"]).split("/", 3)[3]


def one_round(edge: str, pid: int, static: str, nginx_pid: int) -> dict[str, Load]:
    host = ("Accept-Encoding: identity",)
    return {
        "edge": wrk(edge, pid=pid, clients=CLIENTS, seconds=SECONDS, headers=host),
        "nginx": wrk(static, pid=nginx_pid, clients=CLIENTS, seconds=SECONDS, headers=host),
    }


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[str, int]]:
    """nginx on the server's core with one worker; the page's address and the worker's process id."""
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    folder.chmod(0o755)
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, program, "-c", str(folder / "nginx.conf")], start_new_session=True
    )
    try:
        address = f"http://127.0.0.1:{port}/story.html"
        wait_until_up(address)
        worker = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        prefer(worker)
        yield address, worker
    finally:
        process.terminate()
        process.wait(15)


def uncached_renders(data_dir: Path, lead: str) -> dict[str, Any]:
    """What Django takes to make each kind of page with nothing kept but what a running web process keeps."""
    paths = {"story": lead, **KINDS, "section": f"/{lead.split('/')[1]}/"}
    environment = environment_of(data_dir, DJANGO_SETTINGS_MODULE="touchstone.config.settings")
    time.sleep(1)
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "benchmarks.renders", *paths.values()]
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    costs = json.loads(ended.stdout.strip().splitlines()[-1])
    return {kind: {"path": path, **costs[path]} for kind, path in paths.items()}
