"""A throwaway PostgreSQL for tests: `python -m tests.postgres COMMAND…` runs a command with DATABASE_URL set to it.

It holds a migrated database, from which every worker of pytest and every newsroom that a test starts copies its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.newsroom import ROOT, free_port

FOLDERS = [Path("/usr/lib/postgresql"), Path("/usr/local/opt/postgresql")]
START_WITHIN_S = 300.0
STOP_WITHIN_S = 60.0
MIGRATED = "touchstone_migrated"
SETTINGS = {"max_connections": "150", "shared_buffers": "64MB", "logging_collector": "off"}
HASTY = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}  # nobody pulls the plug of a throwaway


class NoPostgres(Exception):
    """PostgreSQL's programs are not on this machine."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL 15 or newer is not installed: `make test` installs it where it may.")


@dataclass
class Server:
    """A PostgreSQL of our own in a folder of its own."""

    programs: Path
    folder: Path
    port: int
    settings: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL is set to."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def postmaster(self) -> int:
        """Process id of the running server, whose children do the work."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(_as_postgres([*command, "-k", self.folder]), stdout=log, stderr=log)
        deadline = time.monotonic() + START_WITHIN_S
        ready = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: SIGINT is a fast shutdown, SIGQUIT leaves as if the power had gone."""
        if self.process is None:
            return
        os.kill(self.postmaster, number)
        self.process.wait(STOP_WITHIN_S)
        self.process = None


@contextmanager
def throwaway_server(*, hasty: bool = False) -> Iterator[Server]:
    """A fresh, running PostgreSQL that is gone afterwards; a hasty one never waits for the disk. Raises NoPostgres."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="touchstone-pg-"))
    server = Server(programs, folder, free_port(), {**SETTINGS, **(HASTY if hasty else {})})
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        create: list[object] = [programs / "initdb", "-D", folder / "data", "--no-sync"]
        create += ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(_as_postgres(create), check=True, stdout=subprocess.DEVNULL)
        server.start()
        yield server
    finally:
        server.stop(signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = [path for folder in FOLDERS for path in folder.glob("*/bin") if (path / "initdb").exists()]
    if found:
        return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoPostgres
    return Path(on_path).parent


def _as_postgres(command: list[object]) -> list[str]:
    """The command as the user postgres, as PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words


def make_template(server: Server) -> None:
    """Migrate a database once, for all to copy."""
    subprocess.run(
        [server.programs / "createdb", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", MIGRATED],
        check=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        url = server.url.removesuffix("/postgres") + f"/{MIGRATED}"
        settings = {"DATABASE_URL": url, "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "touchstone.config.settings"}
        migrate = [sys.executable, ROOT / "manage.py", "migrate", "-v0"]
        subprocess.run(migrate, env={**os.environ, **settings}, cwd=ROOT, check=True)


def main() -> int:
    """Run the command given with DATABASE_URL set; its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave no server behind
    try:
        with throwaway_server(hasty=True) as server:
            make_template(server)
            own = {"DATABASE_URL": server.url, "TOUCHSTONE_TEST_TEMPLATE": MIGRATED}
            return subprocess.run(sys.argv[1:], env={**os.environ, **own}, check=False).returncode
    except NoPostgres as err:
        sys.stderr.write(f"{err}\n")
        return 3


if __name__ == "__main__":
    sys.exit(main())
