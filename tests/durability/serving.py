"""A newsroom whose processes can be killed and started again within a tenth of a second, and voters who notice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.newsroom import ROOT, free_port

SECRET = "durability-" + "x" * 40
READY_WITHIN_S = 300.0
SETTINGS = {
    "VOTE_WORK": "0",
    "VOTE_TOKEN_LIFETIME_S": "7200",
    "VOTES_PER_READER_MINUTE": "1000000",
    "VOTES_PER_ADDRESS_MINUTE": "100000000",
    "NEW_READERS_PER_ADDRESS_HOUR": "1000000000",
    "LEDGER_OPENINGS_DELAY_S": "0",
    "SECRET_KEY": SECRET,
    "DEMO": "0",
}


@dataclass
class Site:
    """A newsroom on a data folder, its processes forked from one loaded parent."""

    data_dir: Path
    port: int
    zygote: subprocess.Popen[str]
    running: list[int] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, role: str) -> int:
        """Start a web or a sequencer process; its id."""
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(f"{role} {self.port}\n")
        self.zygote.stdin.flush()
        number = int(self.zygote.stdout.readline())
        self.running.append(number)
        return number

    def start_web(self) -> int:
        """Start a web process and wait until it listens."""
        number = self.start("web")
        asyncio.run(self._until_listening())
        return number

    def kill(self, number: int, signal_: int = signal.SIGKILL) -> None:
        """End a process and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.kill(number, signal_)
        deadline = time.monotonic() + READY_WITHIN_S
        while Path(f"/proc/{number}").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        self.running.remove(number)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run a `touchstone` command on this newsroom."""
        command = [sys.executable, "-m", "touchstone.cli", *map(str, arguments)]
        environment = environment_of(self.data_dir, self.port)
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    async def _until_listening(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                async with connected(self.port):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.01)


def environment_of(data_dir: Path, port: int, **settings: str) -> dict[str, str]:
    """The environment of a newsroom on a data folder."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    own = {"DATA_DIR": str(data_dir), "PORT": str(port), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return {**inherited, **SETTINGS, **own, "DJANGO_SETTINGS_MODULE": "touchstone.config.settings", **settings}


@contextmanager
def serving(data_dir: Path, **settings: str) -> Iterator[Site]:
    """A newsroom ready to start processes; all that run are killed at the end."""
    port = free_port()
    log = data_dir / "serving.log"
    with log.open("ab") as errors:
        zygote = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.zygote"],
            cwd=ROOT,
            env=environment_of(data_dir, port, **settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    site = Site(data_dir, port, zygote)
    try:
        if zygote.stdout.readline() != "ready\n":
            raise RuntimeError(f"the newsroom did not load:\n{log.read_text()[-3000:]}")
        yield site
    finally:
        for number in list(site.running):
            site.kill(number)
        zygote.stdin.close()
        zygote.wait(30)
        zygote.stdout.close()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that is closed afterwards, also when the other side is dead."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@dataclass(frozen=True)
class Wish:
    """A vote that a voter keeps sending, with the same key, until somebody acknowledges it."""

    key: str
    cookie: str
    body: bytes


@dataclass
class Crowd:
    """Voters who vote as fast as they are let, each vote by a reader of its own."""

    port: int
    story: int
    acknowledged: dict[str, dict[str, object]] = field(default_factory=dict)
    unanswered: list[Wish] = field(default_factory=list)
    refused: list[tuple[int, bytes]] = field(default_factory=list)

    async def vote_for(self, seconds: float, *, voters: int = 16, most: int = 1_000_000) -> None:
        """Vote for some time, first what was left unanswered before; returns when all have noticed the end."""
        stop_at = time.monotonic() + seconds
        target = len(self.acknowledged) + most
        again, self.unanswered = self.unanswered, []
        await asyncio.gather(*(self._voter(stop_at, target, again) for _ in range(voters)))
        self.unanswered += again

    async def _voter(self, stop_at: float, target: int, again: list[Wish]) -> None:
        wish: Wish | None = None
        try:
            async with connected(self.port) as (reader, writer):
                while time.monotonic() < stop_at and len(self.acknowledged) < target:
                    wish = again.pop() if again else await self._wish(reader, writer)
                    status, _cookie, body = await self._exchange(reader, writer, self._post(wish))
                    if status == 200:
                        self.acknowledged[wish.key] = json.loads(body)
                    else:
                        self.refused.append((status, body))
                        self.unanswered.append(wish)
                    wish = None
        except (OSError, EOFError):
            if wish is not None:
                self.unanswered.append(wish)

    async def _wish(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Wish:
        path = f"/api/v1/stories/{self.story}/vote-token"
        asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        status, cookie, body = await self._exchange(reader, writer, asked)
        if status != 200:
            raise ConnectionError(body.decode())
        token = json.loads(body)
        key = str(uuid.uuid4())
        choice = "real" if uuid.UUID(key).int % 3 else "fake"
        wanted = {"vote": choice, "nonce": token["nonce"], "version": token["version"]}
        return Wish(key, cookie, json.dumps(wanted).encode())

    def _post(self, wish: Wish) -> bytes:
        head = (
            f"POST /api/v1/stories/{self.story}/vote HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Origin: http://127.0.0.1:{self.port}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
            f"Cookie: {wish.cookie}\r\nIdempotency-Key: {wish.key}\r\nContent-Length: {len(wish.body)}\r\n\r\n"
        )
        return head.encode() + wish.body

    @staticmethod
    async def _exchange(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes
    ) -> tuple[int, str, bytes]:
        writer.write(raw)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        lowered = {name.lower(): value for name, value in fields.items()}
        body = await reader.readexactly(int(lowered["content-length"]))
        return int(head[0].split()[1]), lowered.get("set-cookie", "").split(";")[0], body
