"""A newsroom as it runs for a real publication: nginx, two web processes, worker, price feed, PostgreSQL, Redis."""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.newsroom import ROOT, free_port
from tests.postgres import Server, throwaway_server
from tests.web import environment

HOST = "news.example"
_LOOPBACK = ipaddress.ip_address("127.0.0.1")
WITHIN_S = 120.0
STOP_WITHIN_S = 20.0
PREPARE = """
import django, json
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
from touchstone.markets.actions import open_demo_market
from tests.factories import make_story
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
open_demo_market(at=datetime.now(UTC))
stories = [make_story(f"Story {number}", slug=f"story-{number}") for number in range(3)]
print(json.dumps([{"id": story.pk, "path": story.get_url_parts()[2]} for story in stories]))
"""
MAIN = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.errors; worker_processes 1;
events {{ worker_connections 2000; }}
http {{
  access_log off; types {{ text/css css; }} client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  include {folder}/site.conf;
}}
"""


class NotInstalled(Exception):
    """A program that the site needs is not on this machine."""


@dataclass
class Site:
    """The running site; `processes` by name: web-1, web-2, worker, prices, redis, nginx."""

    folder: Path
    postgres: Server
    https: int
    redis_port: int | None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    stories: list[dict[str, object]] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self.https}"

    @property
    def settings(self) -> dict[str, str]:
        chosen = {"REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0"} if self.redis_port else {}
        return environment(
            self.folder / "data",
            SITE_ORIGIN=self.origin,
            DATABASE_URL=self.postgres.url,
            OPENING_QUOTES_S="0",
            VOTE_WORK="0",
            **chosen,
        )

    def socket_of(self, web: str) -> Path:
        return self.folder / f"{web}.sock"

    def run_python(self, code: str) -> str:
        """What a program on this site's database prints last."""
        made = {**self.settings, "DJANGO_SETTINGS_MODULE": "touchstone.config.settings"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=made, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout.strip().rpartition("\n")[2]

    def start(self, name: str, command: list[str]) -> None:
        """Start one process, its words in a log of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.settings, stdout=log, stderr=log)

    def start_part(self, name: str) -> None:
        """Start a web process, the worker or the price feed as the service files do."""
        part = ["web", "--uds", str(self.socket_of(name))] if name.startswith("web") else [name.partition("-")[0]]
        self.start(name, [sys.executable, "-m", "touchstone.cli", "serve", *part])
        if name.startswith("web"):
            wait_until(lambda: self._answers(name), f"{name} answers", self.log(name))

    def start_redis(self) -> None:
        command = ["redis-server", "--port", str(self.redis_port), "--save", "", "--dir", str(self.folder)]
        self.start("redis", command)

    def start_nginx(self) -> None:
        """nginx with deploy/nginx.conf as it is shipped, on other ports and paths."""
        shipped = (ROOT / "deploy" / "nginx.conf").read_text()
        _write_certificate(self.folder)
        for theirs, ours in {
            "/run/touchstone/": f"{self.folder}/",
            "/etc/letsencrypt/live/news.example/": f"{self.folder}/",
            "/var/cache/nginx/touchstone": str(self.folder / "cache"),
            "/srv/touchstone/data/": f"{self.folder}/data/",
            "listen 443 ": f"listen 127.0.0.1:{self.https} ",
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "Host $host;": f"Host $host:{self.https};",
        }.items():
            assert theirs in shipped, f"deploy/nginx.conf no longer holds {theirs!r}"
            shipped = shipped.replace(theirs, ours)
        (self.folder / "site.conf").write_text(shipped)
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))
        self.start("nginx", ["nginx", "-c", str(self.folder / "nginx.conf")])
        wait_until(lambda: _listens(self.https), "nginx listens", self.log("nginx"))

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """End one process and wait until it is gone."""
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(STOP_WITHIN_S)

    def log(self, name: str) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text()[-3000:] if file.exists() else ""

    def client(self, web: str | None = None) -> httpx.Client:
        """A reader's browser that comes through nginx, or goes to one web process as nginx would."""
        if web is not None:
            headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "Host": f"{HOST}:{self.https}"}
            transport = httpx.HTTPTransport(uds=str(self.socket_of(web)))
            return httpx.Client(
                transport=transport, base_url=f"http://{HOST}:{self.https}", headers=headers, timeout=60
            )
        trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}",
            headers={"Host": f"{HOST}:{self.https}"},
            verify=trust,
            timeout=60,
        )

    def _answers(self, web: str) -> bool:
        if self.processes[web].poll() is not None:
            raise RuntimeError(f"{web} ended:\n{self.log(web)}")
        with suppress(OSError), closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.connect(str(self.socket_of(web)))
            return True
        return False


def wait_until(is_so: Callable[[], bool], what: str, log: str = "") -> None:
    """Return when it is so; a refused connection or request counts as not yet."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if is_so():
                return
        time.sleep(0.05)
    raise AssertionError(f"waited {WITHIN_S:.0f} s in vain until {what}\n{log}")


@contextmanager
def running_site(*, redis: bool) -> Iterator[Site]:
    """Start everything and stop it again. Raises NotInstalled or NoPostgres."""
    for program in ("nginx", *(["redis-server"] if redis else [])):
        if shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            raise NotInstalled(f"{program} is not installed")
    # Short, as the address of a Unix socket holds 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="ts-site-"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        site = Site(folder, stack.enter_context(throwaway_server()), free_port(), free_port() if redis else None)
        stack.callback(_stop_all, site)
        (folder / "data").mkdir()
        if redis:
            site.start_redis()
            wait_until(lambda: _listens(site.redis_port), "Redis listens", site.log("redis"))
        site.stories = json.loads(site.run_python(PREPARE))
        for name in ("web-1", "web-2", "worker", "prices"):
            site.start_part(name)
        site.start_nginx()
        yield site


def _stop_all(site: Site) -> None:
    for process in site.processes.values():
        process.terminate()
    for process in site.processes.values():
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int | None) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port or 0), timeout=5)):
        return True
    return False


def _write_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(_LOOPBACK)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)
