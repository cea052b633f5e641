"""A throwaway PostgreSQL for tests: `python -m tests.postgres COMMAND…` runs a command with DATABASE_URL set to it."""

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

from tests.newsroom import free_port

FOLDERS = [Path("/usr/lib/postgresql"), Path("/usr/local/opt/postgresql")]
START_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
SETTINGS = {"max_connections": "60", "shared_buffers": "64MB", "logging_collector": "off"}


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
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What DATABASE_URL is set to."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
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
        postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, number)
        self.process.wait(STOP_WITHIN_S)
        self.process = None


@contextmanager
def throwaway_server() -> Iterator[Server]:
    """A fresh, running PostgreSQL that is gone afterwards. Raises NoPostgres."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="touchstone-pg-"))
    server = Server(programs, folder, free_port())
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        create = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
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


def main() -> int:
    """Run the command given with DATABASE_URL set; its exit code."""
    try:
        with throwaway_server() as server:
            return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": server.url}, check=False).returncode
    except NoPostgres as err:
        sys.stderr.write(f"{err}\n")
        return 3


if __name__ == "__main__":
    sys.exit(main())
