"""The witness's HTTP server and its memory: no log is ever cosigned smaller or other than before."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from touchstone.transparency import (
    COSIGNATURE_V1,
    EMPTY_ROOT,
    Checkpoint,
    Forked,
    Inconsistent,
    Malformed,
    Note,
    Policy,
    SignatureInvalid,
    SigningKey,
    Unsigned,
    WrongOrigin,
    cosign,
    decode_request,
    open_checkpoint,
    verify_consistency,
)

MAX_BODY_BYTES = 512 * 1024
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str
    content_type: str = TEXT


class SizeConflict(Exception):
    """The caller's old size is not the witness's newest."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"the newest checkpoint cosigned here has {size} entries")


class WitnessState:
    """The newest cosigned tree head of each log, in a SQLite file; checking and replacing is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        with closing(self._connect()) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS heads (origin TEXT PRIMARY KEY, size INTEGER, root BLOB)")

    def newest(self, origin: str) -> Checkpoint:
        """The newest head of a log; the empty tree for one never seen."""
        with closing(self._connect()) as connection:
            return self._read(connection, origin)

    def advance(self, head: Checkpoint, *, old_size: int, proof: tuple[bytes, ...]) -> None:
        """Make this head the newest if it extends the present one; durable when this returns.

        Raises SizeConflict when `old_size` is not the present size, Inconsistent or Forked when the proof fails.
        """
        with self._guard, closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")  # no other process may slip in between check and write
            present = self._read(connection, head.origin)
            if present.size != old_size:
                raise SizeConflict(present.size)
            verify_consistency(
                old_size=present.size, old_root=present.root, new_size=head.size, new_root=head.root, proof=proof
            )
            connection.execute("INSERT OR REPLACE INTO heads VALUES (?, ?, ?)", (head.origin, head.size, head.root))
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=20, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    @staticmethod
    def _read(connection: sqlite3.Connection, origin: str) -> Checkpoint:
        row = connection.execute("SELECT size, root FROM heads WHERE origin = ?", (origin,)).fetchone()
        return Checkpoint(origin, row[0], bytes(row[1])) if row else Checkpoint(origin, 0, EMPTY_ROOT)


class Witness:
    """Decides on add-checkpoint calls; knows nothing of HTTP."""

    def __init__(self, *, key: SigningKey, policy: Policy, state: WitnessState) -> None:
        if key.type != COSIGNATURE_V1:
            raise Malformed(what=f"witness key {key.name}", reason="make one with `touchstone witness keygen`")
        self.key = key
        self.state = state
        self.origins: dict[str, list[str]] = {}
        self.policy = policy
        for vkey, log_key in policy.logs.items():
            self.origins.setdefault(log_key.name, []).append(vkey)

    def add_checkpoint(self, body: bytes, *, at_s: int) -> Reply:
        """The answer to a call, with the status codes of c2sp.org/tlog-witness."""
        try:
            return self._answer(body, at_s=at_s)
        except Malformed as err:
            return Reply(400, f"{err}\n")
        except (SignatureInvalid, Unsigned, WrongOrigin) as err:
            return Reply(403, f"{err}\n")
        except (SizeConflict, Forked) as err:
            size = err.size
            return Reply(409, f"{size}\n", SIZE)
        except Inconsistent as err:
            return Reply(422, f"{err}\n")

    def _answer(self, body: bytes, *, at_s: int) -> Reply:
        old_size, proof, data = decode_request(body)
        claimed = Checkpoint.parse_text(Note.parse(data).text)
        if claimed.origin not in self.origins:
            return Reply(404, f"log {claimed.origin!r} is not known here\n")
        keys = [self.policy.logs[vkey] for vkey in self.origins[claimed.origin]]
        head = open_checkpoint(data, keys).checkpoint
        if old_size > head.size:
            return Reply(400, f"the old size {old_size} is larger than the checkpoint's {head.size}\n")
        self.state.advance(head, old_size=old_size, proof=proof)
        return Reply(200, str(cosign(head.text, key=self.key, timestamp_s=at_s)))


def make_server(
    address: tuple[str, int], *, key: SigningKey, policy: Policy, state: WitnessState
) -> ThreadingHTTPServer:
    """An HTTP server for one witness; call `serve_forever`. Raises Malformed, OSError."""
    decider = Witness(key=key, policy=policy, state=state)

    class Handler(BaseHTTPRequestHandler):
        """POST /add-checkpoint."""

        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            """Answer one call."""
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint":
                self._reply(Reply(404, "only /add-checkpoint is here\n"))
            elif not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self._reply(Reply(413, f"send Content-Length, at most {MAX_BODY_BYTES}\n"))
            else:
                self._reply(decider.add_checkpoint(self.rfile.read(int(length)), at_s=int(time.time())))

        def _reply(self, reply: Reply) -> None:
            body = reply.body.encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            if reply.status == 413:
                self.close_connection = True
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; callers' addresses are nobody's business."""

    return ThreadingHTTPServer(address, Handler)


def write_secret(path: Path, text: str) -> None:
    """Write a new file that only this user can read; an existing one is left alone and FileExistsError raised."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
