"""Loopback servers for the fetcher's tests: traps that count who connects, and a scripted HTTP server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from touchstone.net import Endpoint, Guard

Script = Callable[[str], list[bytes]]


@dataclass
class Trap:
    """Listens on every local address, IPv4 and IPv6, and counts connections."""

    port: int
    hits: list[str] = field(default_factory=list)


@contextlib.contextmanager
def trap_server() -> Iterator[Trap]:
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", 0))
    listener.listen(64)
    trap = Trap(port=listener.getsockname()[1])

    def answer(conn: socket.socket, peer: tuple[str, int]) -> None:
        trap.hits.append(peer[0])
        with contextlib.suppress(OSError), conn:
            conn.settimeout(2)
            conn.recv(4096)
            conn.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret")

    with _accepting(listener, answer):
        yield trap


@dataclass
class ScriptedServer:
    """Answers each path with the raw bytes its script gives, and remembers what was asked."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def guard(self, address: str = "127.0.0.1", **fields: object) -> Guard:
        return Guard(permitted=frozenset({Endpoint(address, self.port)}), **fields)  # type: ignore[arg-type]


@contextlib.contextmanager
def scripted_server(script: Script, *, address: str = "127.0.0.1", wrap: object = None) -> Iterator[ScriptedServer]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((address, 0))
    listener.listen(64)
    server = ScriptedServer(port=listener.getsockname()[1])

    def answer(conn: socket.socket, peer: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):
            conn.settimeout(5)
            stream = wrap.wrap_socket(conn, server_side=True) if wrap else conn  # type: ignore[attr-defined]
            with stream:
                asked = _read_request(stream)
                server.requests.append(asked)
                for piece in script(asked.split(b" ")[1].decode("ascii")):
                    stream.sendall(piece)

    with _accepting(listener, answer):
        yield server


def _read_request(stream: socket.socket) -> bytes:
    asked = b""
    while b"\r\n\r\n" not in asked:
        more = stream.recv(4096)
        if not more:
            raise OSError("closed")
        asked += more
    return asked


@contextlib.contextmanager
def _accepting(listener: socket.socket, answer: Callable[[socket.socket, tuple[str, int]], None]) -> Iterator[None]:
    def loop() -> None:
        while True:
            try:
                conn, peer = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(conn, peer), daemon=True).start()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def response(body: bytes = b"ok", *, status: str = "200 OK", **headers: str) -> list[bytes]:
    """Raw bytes of one answer; header names with underscores for dashes."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + body]
