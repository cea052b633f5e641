"""No form of an inside address, no redirect and no changing name makes the fetcher connect inside."""

from __future__ import annotations

import socket

import pytest
from tests.net.peers import Trap, response, scripted_server, trap_server

from touchstone.net import AddressRefused, Endpoint, Guard, Limits, NetError, TooManyRedirects, UrlRefused, fetch

QUICK = Limits(step_s=2, total_s=4)
LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "127.0.0.2",
    "0",
    "0.0.0.0",
    "0.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0177.1",
    "127.0x0.0.1",
    "127.0.0.01",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:0]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[0::ffff:7f00:0001]",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.1",
]
INSIDE = [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.254",
    "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.0.1",
    "192.0.0.192",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "168.63.129.16",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[fd00::2]",
    "[fc00::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[5f00::1]",
    "[100::1]",
    "[3fff::1]",
    "[fd00:ec2::254]",
    "[::ffff:169.254.169.254]",
    "[::ffff:10.0.0.1]",
    "[1::1]",
]


@pytest.fixture
def trap():
    with trap_server() as listening:
        yield listening


def _open_guard(trap: Trap, **fields: object) -> Guard:
    """A guard whose port rule lets the trap's port through, so that only the address rule stands before the trap."""
    return Guard(ports=frozenset({80, 443, trap.port}), **fields)  # type: ignore[arg-type]


def test_at_least_sixty_forms_are_tried() -> None:
    assert len(set(LOOPBACK + INSIDE)) >= 60


@pytest.mark.parametrize("host", LOOPBACK + INSIDE)
def test_no_form_of_an_inside_address_is_connected_to(host: str, trap: Trap) -> None:
    with pytest.raises(NetError):
        fetch(f"http://{host}:{trap.port}/", guard=_open_guard(trap), limits=QUICK)
    assert trap.hits == []


def test_the_trap_catches_an_unguarded_client(trap: Trap) -> None:
    reached = 0
    for host in LOOPBACK:
        try:
            found = socket.getaddrinfo(host.strip("[]"), trap.port, type=socket.SOCK_STREAM)
            socket.create_connection(found[0][4][:2], timeout=2).close()
            reached += 1
        except OSError:
            continue
    assert reached >= 15


def test_a_permitted_endpoint_is_reached(trap: Trap) -> None:
    guard = Guard(permitted=frozenset({Endpoint("127.0.0.1", trap.port)}))
    assert fetch(f"http://127.0.0.1:{trap.port}/", guard=guard).body == b"secret"
    assert len(trap.hits) == 1


def test_permitting_one_port_permits_neither_another_port_nor_another_address(trap: Trap) -> None:
    guard = Guard(permitted=frozenset({Endpoint("127.0.0.2", trap.port), Endpoint("127.0.0.1", trap.port ^ 1)}))
    with pytest.raises(AddressRefused):
        fetch(f"http://127.0.0.1:{trap.port}/", guard=guard)
    assert trap.hits == []


def test_a_public_address_on_a_permitted_port_is_still_refused(trap: Trap) -> None:
    guard = Guard(permitted=frozenset({Endpoint("127.0.0.1", trap.port)}), resolver=lambda host, port: ["8.8.8.8"])
    with pytest.raises(AddressRefused, match="port"):
        fetch(f"http://example.test:{trap.port}/", guard=guard)


@pytest.mark.parametrize("port", [1, 22, 25, 81, 3306, 6379, 8000, 8080, 65535])
def test_only_web_ports_are_used(port: int) -> None:
    guard = Guard(resolver=_never)
    with pytest.raises(UrlRefused, match="port"):
        fetch(f"http://example.org:{port}/", guard=guard)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http:///path",
        "//example.org",
        "example.org",
        "http://user:pass@example.org/",
        "http://example.org@127.0.0.1/",
        "javascript:alert(1)",
        "http://[::1",
        "http://a b/",
        "http://example.org:99999/",
        "http://example.org\x00.test/",
        "http://[fe80::1%25lo]/",
        "data:text/plain,hi",
        "http://example.org/" + "a" * 5000,
    ],
)
def test_a_malformed_or_foreign_url_is_refused_before_any_look_up(url: str) -> None:
    with pytest.raises(NetError):
        fetch(url, guard=Guard(resolver=_zoned_only))


def test_a_refused_url_does_not_repeat_its_password() -> None:
    with pytest.raises(UrlRefused) as caught:
        fetch("http://user:hunter2@example.org/", guard=Guard(resolver=_never))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]", "2130706433", "169.254.169.254"]
)
def test_a_redirect_inside_is_not_followed(host: str, trap: Trap) -> None:
    with scripted_server(lambda path: response(status="302 Found", location=f"http://{host}:{trap.port}/")) as server:
        guard = Guard(ports=frozenset({trap.port}), permitted=frozenset({Endpoint("127.0.0.1", server.port)}))
        with pytest.raises(AddressRefused):
            fetch(server.url(), guard=guard, limits=QUICK)
    assert trap.hits == []


def test_a_name_that_changes_between_hops_is_checked_again(trap: Trap) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.1"]])
    with scripted_server(
        lambda path: response(status="307 Temporary Redirect", location=f"http://rebind.test:{trap.port}/"),
        address="127.0.0.2",
    ) as server:
        guard = Guard(
            ports=frozenset({trap.port}),
            permitted=frozenset({Endpoint("127.0.0.2", server.port)}),
            resolver=lambda host, port: next(answers),
        )
        with pytest.raises(AddressRefused):
            fetch(server.url(host="rebind.test"), guard=guard, limits=QUICK)
        assert len(server.requests) == 1
    assert trap.hits == []


def test_a_name_is_looked_up_once_and_the_checked_address_is_dialled(trap: Trap) -> None:
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    with scripted_server(lambda path: response(b"good"), address="127.0.0.2") as server:
        guard = server.guard("127.0.0.2", resolver=rebinding)
        assert fetch(server.url(host="rebind.test"), guard=guard).body == b"good"
        assert b"host: rebind.test:" in server.requests[0].lower()
    assert asked == ["rebind.test"]
    assert trap.hits == []


def test_of_a_mixed_answer_only_the_permitted_address_is_dialled(trap: Trap) -> None:
    guard = Guard(
        permitted=frozenset({Endpoint("127.0.0.2", trap.port)}),
        resolver=lambda host, port: ["127.0.0.1", "::1", "169.254.169.254", "127.0.0.2"],
    )
    assert guard.addresses_for("mixed.test", trap.port) == ["127.0.0.2"]


def test_redirects_end_after_three() -> None:
    with scripted_server(lambda path: response(status="302 Found", location=path + "x")) as server:
        with pytest.raises(TooManyRedirects):
            fetch(server.url(), guard=server.guard(), limits=QUICK)
        assert len(server.requests) == 4


def test_an_empty_answer_from_the_resolver_is_refused() -> None:
    with pytest.raises(AddressRefused, match="no address"):
        fetch("http://example.test/", guard=Guard(resolver=lambda host, port: []))


def _never(host: str, port: int) -> list[str]:
    raise AssertionError(f"looked up {host}")


def _zoned_only(host: str, port: int) -> list[str]:
    assert "%" in host, f"looked up {host}"
    return ["fe80::1%lo"]
