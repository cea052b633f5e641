"""The lead story's page: from the edge, from nginx as a static file of the same HTML, and rendered anew.

Run: python -m benchmarks.run edge_pages

Server on one core, wrk on the other, edge and nginx in turn within one run; the ratio is what counts on a shared
machine. EDGE_DATA_DIR names a data folder that is seeded already, to save the half minute of seeding.
"""

from __future__ import annotations

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
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000; default_type text/html; sendfile on; tcp_nopush on;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; open_file_cache max=100;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""
RENDER = """
import json, sys, time
import django
django.setup()
from django.test import Client
client, path = Client(HTTP_HOST="127.0.0.1"), sys.argv[1]
assert client.get(path).status_code == 200
spent = []
for _ in range(40):
    before = time.process_time()
    client.get(path)
    spent.append(1000 * (time.process_time() - before))
print(json.dumps(sorted(spent)[len(spent) // 2]))
"""


def measure() -> dict[str, Any]:
    """Pages a second from edge and nginx, their ratio, and CPU milliseconds of an uncached render."""
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
        render_ms = uncached_render_ms(data_dir, path)
    return {
        "page_bytes": len(html),
        "rounds": [{name: load.as_row() for name, load in each.items()} for each in rounds],
        "edge_share_of_nginx": statistics.median(each["edge"].per_s / each["nginx"].per_s for each in rounds),
        "edge_share_of_nginx_by_cpu": statistics.median(
            each["nginx"].server_cpu_us / each["edge"].server_cpu_us for each in rounds
        ),
        "uncached_render_cpu_ms": render_ms,
    }


def lead_path(origin: str) -> str:
    items = httpx.get(f"{origin}/api/v1/stories", params={"limit": 100}).raise_for_status().json()["items"]
    lead = next(item for item in items if item["trust"]["real"] + item["trust"]["fake"] >= 16)
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


def uncached_render_ms(data_dir: Path, path: str) -> float:
    """Median CPU milliseconds in which Django makes the page with nothing kept but its connections."""
    environment = environment_of(data_dir, DJANGO_SETTINGS_MODULE="touchstone.config.settings")
    time.sleep(1)
    ended = subprocess.run(
        [sys.executable, "-c", RENDER, path], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return float(ended.stdout.strip().splitlines()[-1])
