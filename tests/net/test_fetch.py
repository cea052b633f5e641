"""What a fetch gives back, and what it refuses to swallow."""

from __future__ import annotations

import gzip
import resource
import ssl
import subprocess
import threading
import time
import zlib

import pytest
from tests.net.peers import response, scripted_server

from touchstone.net import (
    BodyTooLarge,
    BodyUnreadable,
    FetchFailed,
    FetchTimedOut,
    Guard,
    Limits,
    NameNotFound,
    Request,
    UrlRefused,
    fetch,
)


def test_an_answer_carries_status_headers_and_body() -> None:
    with scripted_server(lambda path: response(b'{"a": 1}', status="404 Not Found", etag='"x"')) as server:
        answer = fetch(server.url("/p?q=1"), guard=server.guard())
    assert (answer.status, answer.headers["etag"], answer.json()) == (404, '"x"', {"a": 1})
    assert server.requests[0].startswith(b"GET /p?q=1 HTTP/1.1\r\n")


def test_given_headers_are_sent_and_none_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with scripted_server(lambda path: response()) as server:
        fetch(server.url(), guard=server.guard(), request=Request(headers={"If-None-Match": '"x"'}))
    sent = server.requests[0].lower()
    assert b'if-none-match: "x"' in sent
    assert b"cookie" not in sent


def test_a_body_is_posted() -> None:
    with scripted_server(lambda path: response()) as server:
        fetch(server.url(), guard=server.guard(), request=Request(content=b"{}"))
    assert server.requests[0].startswith(b"POST / ")


def test_a_post_is_not_redirected() -> None:
    with (
        scripted_server(lambda path: response(status="307 Temporary Redirect", location="/x")) as server,
        pytest.raises(UrlRefused, match="body"),
    ):
        fetch(server.url(), guard=server.guard(), request=Request(content=b"{}"))


def test_authorization_does_not_follow_to_another_host() -> None:
    with (
        scripted_server(lambda path: response(b"end"), address="127.0.0.2") as other,
        scripted_server(lambda path: response(status="302 Found", location=other.url(host="127.0.0.2"))) as server,
    ):
        guard = Guard(permitted=server.guard().permitted | other.guard("127.0.0.2").permitted)
        request = Request(headers={"Authorization": "Bearer s3cret", "X-Kept": "1"})
        assert fetch(server.url(), guard=guard, request=request).body == b"end"
    assert b"s3cret" in server.requests[0]
    assert b"s3cret" not in other.requests[0]
    assert b"X-Kept" in other.requests[0]


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_bodies_are_read(encoding: str, pack) -> None:
    with scripted_server(lambda path: response(pack(b"hello" * 100), content_encoding=encoding)) as server:
        assert fetch(server.url(), guard=server.guard()).body == b"hello" * 100


def test_a_compressed_body_may_be_exactly_as_large_as_the_limit() -> None:
    with scripted_server(lambda path: response(gzip.compress(bytes(1000), mtime=0), content_encoding="gzip")) as server:
        assert fetch(server.url(), guard=server.guard(), limits=Limits(max_bytes=1000)).body == bytes(1000)
        with pytest.raises(BodyTooLarge):
            fetch(server.url(), guard=server.guard(), limits=Limits(max_bytes=999))


def test_a_bomb_is_stopped_without_being_unpacked() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with (
        scripted_server(lambda path: response(bomb, content_encoding="gzip")) as server,
        pytest.raises(BodyTooLarge),
    ):
        fetch(server.url(), guard=server.guard(), limits=Limits(max_bytes=1_000_000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


def test_a_plain_body_over_the_limit_is_stopped_though_no_length_was_named() -> None:
    endless = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"] + [bytes(10_000)] * 100
    with scripted_server(lambda path: endless) as server, pytest.raises(BodyTooLarge):
        fetch(server.url(), guard=server.guard(), limits=Limits(max_bytes=50_000))


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_encoding_we_did_not_ask_for_is_refused(encoding: str) -> None:
    with (
        scripted_server(lambda path: response(content_encoding=encoding)) as server,
        pytest.raises(BodyUnreadable, match="encoding"),
    ):
        fetch(server.url(), guard=server.guard())


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"hello" * 100, mtime=0)[:-12]])
def test_broken_compression_is_an_error(body: bytes) -> None:
    with (
        scripted_server(lambda path: response(body, content_encoding="gzip")) as server,
        pytest.raises(BodyUnreadable),
    ):
        fetch(server.url(), guard=server.guard())


def test_an_empty_body_may_name_an_encoding() -> None:
    with scripted_server(lambda path: response(b"", status="304 Not Modified", content_encoding="gzip")) as server:
        assert fetch(server.url(), guard=server.guard()).status == 304


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"])
def test_a_trickle_ends_at_the_total_limit(head: bytes) -> None:
    stop = threading.Event()

    def drip(path: str):
        yield head
        for _ in range(1000):
            if stop.wait(0.05):
                return
            yield b"H"

    with scripted_server(drip) as server:
        began = time.monotonic()
        with pytest.raises((FetchTimedOut, FetchFailed)):
            fetch(server.url(), guard=server.guard(), limits=Limits(step_s=5, total_s=0.5))
        assert time.monotonic() - began < 40, "the whole drip lasts fifty seconds"
        stop.set()


def test_a_slow_name_server_ends_at_the_total_limit() -> None:
    release = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        release.wait(10)
        return []

    with pytest.raises(FetchTimedOut):
        fetch("http://slow.test/", guard=Guard(resolver=slow), limits=Limits(total_s=0.2))
    release.set()


def test_an_unknown_name_says_so() -> None:
    with pytest.raises(NameNotFound, match="no-such-host"):
        fetch("http://no-such-host.invalid/", limits=Limits(total_s=30))


def test_a_closed_port_says_so() -> None:
    with scripted_server(lambda path: response()) as server:
        url, guard = server.url(), server.guard()
    with pytest.raises(FetchFailed):
        fetch(url, guard=guard)


@pytest.mark.parametrize(
    "junk", [b"", b"\x00\x01\x02", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"]
)
def test_a_server_that_speaks_no_http_is_an_error(junk: bytes) -> None:
    with scripted_server(lambda path: [junk]) as server, pytest.raises(FetchFailed):
        fetch(server.url(), guard=server.guard())


@pytest.mark.parametrize(
    ("header", "body", "text"),
    [
        ("text/xml; charset=iso-8859-1", b"caf\xe9", "café"),
        ("text/html", "café".encode(), "café"),
        ("text/html; charset=nonsense", b"a\xff", "a\ufffd"),
    ],
)
def test_text_follows_the_named_charset(header: str, body: bytes, text: str) -> None:
    with scripted_server(lambda path: response(body, content_type=header)) as server:
        assert fetch(server.url(), guard=server.guard()).text() == text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *[
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=news.test",
            ],
            *("-addext", "subjectAltName=DNS:news.test"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )
    return folder


def _tls_server(certificate, script=lambda path: response(b"sealed")):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return scripted_server(script, wrap=context)


def test_https_checks_the_certificate_against_the_name_not_the_address(certificate) -> None:
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    with _tls_server(certificate) as server:
        guard = server.guard(resolver=lambda host, port: ["127.0.0.1"])
        assert fetch(f"https://news.test:{server.port}/", guard=guard, tls=trust).body == b"sealed"
        with pytest.raises(FetchFailed, match=r"(?i)certificate"):
            fetch(f"https://other.test:{server.port}/", guard=guard, tls=trust)
        with pytest.raises(FetchFailed, match=r"(?i)certificate"):
            fetch(f"https://news.test:{server.port}/", guard=guard)


def test_https_does_not_redirect_to_http(certificate) -> None:
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    with _tls_server(certificate, lambda path: response(status="301 Moved", location="http://news.test/")) as server:
        guard = server.guard(resolver=lambda host, port: ["127.0.0.1"])
        with pytest.raises(UrlRefused, match="https"):
            fetch(f"https://news.test:{server.port}/", guard=guard, tls=trust)
