"""Clients that send or read slowly or not at all are cut off after the documented time; the others never notice."""

from __future__ import annotations

import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import pytest
from tests.web import Web

pytestmark = pytest.mark.slow

# docs/reference/edge.md; the process looks every 2.5 seconds, and this machine may be busy.
HEAD_S, IDLE_S, BODY_S, SEND_S, LATE_S = 10.0, 20.0, 30.0, 30.0, 8.0
HEAD = b"GET /about/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
VOTE = b"POST /api/v1/stories/%d/vote HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200\r\n\r\n{"
MANY = 1000  # answers that no kernel keeps for us
SMALL_WINDOW = 4096
FORM = b"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200\r\n\r\na"


@dataclass
class Client:
    """A connection that says one thing, perhaps drips on, and waits to be cut off.

    takes    : how many bytes it reads a second; None if it reads all there is
    closed_s : how long after its last whole step it was closed; None while it is open
    """

    first: bytes
    drip: bytes = b""
    takes: int | None = None
    got: bytes = b""
    closed_s: float | None = None
    began: float = field(default_factory=time.monotonic)


@pytest.fixture(scope="module")
def clients(web: Web) -> dict[str, Client]:
    """Every kind of slow client at the same time, until all are cut off."""
    whole = HEAD + b"\r\n"
    media = web.data_dir / "media"
    media.mkdir(exist_ok=True)
    (media / "large").write_bytes(bytes(2**24))
    made = {
        "silent": Client(b""),
        "slow head": Client(HEAD + b"X-Slow: ", drip=b"a"),
        "slow vote": Client(VOTE % web.open, drip=b" "),
        "slow form": Client(FORM, drip=b"b"),
        "idle": Client(whole),
        "idle after Django": Client(whole.replace(b"/about/", b"/search/?q=idle")),
        "drips after an answer": Client(whole + b"GET /about", drip=b"t"),
        "reads a byte a second": Client(whole * MANY, takes=1),
        "reads Django a byte a second": Client(whole.replace(b"/about/", b"/media/large"), takes=1),
        "reads slowly but steadily": Client(whole * MANY, takes=4096),
    }
    parts = urlsplit(web.origin)
    watch_all(list(made.values()), (str(parts.hostname), parts.port or 80))
    return made


def watch_all(clients: list[Client], address: tuple[str, int]) -> None:
    """Connect them all and let each do what it does, until the slowest limit has passed for certain."""
    chooser, takers = selectors.DefaultSelector(), []
    for client in clients:
        connection = connect(client, address)
        if client.takes is None:
            chooser.register(connection, selectors.EVENT_READ, client)
        else:
            takers.append((client, connection))
    ends = time.monotonic() + BODY_S + 2 * LATE_S
    next_second = time.monotonic() + 1
    while time.monotonic() < ends:
        for key, _ in chooser.select(0.25):
            read(chooser, key)
        if time.monotonic() > next_second:
            next_second = time.monotonic() + 1
            pass_a_second(chooser, takers)
    for _, connection in takers:
        connection.close()
    for key in list(chooser.get_map().values()):
        close(chooser, key, is_cut_off=False)


def pass_a_second(chooser: selectors.BaseSelector, takers: list[tuple[Client, socket.socket]]) -> None:
    for key in list(chooser.get_map().values()):
        drip(chooser, key)
    for client, connection in takers:
        take(client, connection)


def connect(client: Client, address: tuple[str, int]) -> socket.socket:
    connection = socket.socket()
    if client.takes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
    connection.connect(address)
    connection.sendall(client.first)
    client.began = time.monotonic()
    connection.setblocking(False)
    return connection


def take(client: Client, connection: socket.socket) -> None:
    """Read as much as this client reads in a second; note when the other end has cut the connection."""
    if client.closed_s is not None:
        return
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        client.closed_s = time.monotonic() - client.began
        return
    with suppress(BlockingIOError):
        client.got += connection.recv(client.takes or 0)


def read(chooser: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    client, connection = key.data, key.fileobj
    try:
        got = connection.recv(65_536)
    except ConnectionError:
        got = b""
    client.got += got
    if not got:
        close(chooser, key, is_cut_off=True)


def drip(chooser: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    if key.data.drip:
        try:
            key.fileobj.send(key.data.drip)
        except ConnectionError:
            close(chooser, key, is_cut_off=True)


def close(chooser: selectors.BaseSelector, key: selectors.SelectorKey, *, is_cut_off: bool) -> None:
    if is_cut_off:
        key.data.closed_s = time.monotonic() - key.data.began
    chooser.unregister(key.fileobj)
    key.fileobj.close()


@pytest.mark.parametrize(
    ("kind", "limit_s"),
    [
        ("silent", HEAD_S),
        ("slow head", HEAD_S),
        ("slow vote", HEAD_S),
        ("slow form", BODY_S),
        ("idle", IDLE_S),
        ("idle after Django", IDLE_S),
        ("drips after an answer", HEAD_S),
        ("reads a byte a second", SEND_S),
        ("reads Django a byte a second", SEND_S),
    ],
)
def test_a_slow_client_is_cut_off_after_its_time_and_not_before(
    clients: dict[str, Client], kind: str, limit_s: float
) -> None:
    closed_s = clients[kind].closed_s
    assert closed_s is not None, f"{kind} was never cut off"
    assert limit_s - 0.5 <= closed_s <= limit_s + LATE_S


def test_whoever_is_cut_off_within_a_form_is_told_why(clients: dict[str, Client]) -> None:
    answer = clients["slow form"].got
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert b"The body took over 30 s to arrive: try again." in answer


def test_idle_connections_had_their_answer_before(clients: dict[str, Client]) -> None:
    for kind in ("idle", "idle after Django", "drips after an answer"):
        assert clients[kind].got.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_reads_slowly_but_steadily_is_never_cut_off(clients: dict[str, Client]) -> None:
    steady = clients["reads slowly but steadily"]
    assert steady.closed_s is None
    assert len(steady.got) > SEND_S * 1024


def test_a_client_that_keeps_asking_is_never_cut_off(web: Web, clients: dict[str, Client]) -> None:
    with httpx.Client(base_url=web.origin, timeout=60) as reader:
        for _ in range(3):
            assert reader.get("/about/").status_code == 200
