"""The witness cosigns logs that only grow, and nothing else; the site collects what it says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.transparency.publisher import Publisher

from touchstone.cli.main import main
from touchstone.cli.witnessing import Witness, WitnessState, make_server
from touchstone.transparency import (
    COSIGNATURE_V1,
    Checkpoint,
    Malformed,
    Note,
    Policy,
    SignatureLine,
    SigningKey,
    cosigned_at,
    encode_request,
)

pytestmark = pytest.mark.pure

KEY = SigningKey("witness.example/w1", b"\x21" * 32, COSIGNATURE_V1)
NOW = 1_800_000_000


@pytest.fixture(scope="module")
def log() -> Publisher:
    log = Publisher()
    for number in range(40):
        log.vote(f"r{number}")
    return log


@pytest.fixture
def witness(log: Publisher, tmp_path: Path) -> Witness:
    policy = Policy.for_log(log.key.verifier)
    return Witness(key=KEY, policy=policy, state=WitnessState(tmp_path / "state"))


def ask(witness: Witness, log: Publisher, old: int, new: int, **changes: object) -> tuple[int, str]:
    """Ask for a cosignature on the log's first `new` entries, given that `old` were seen; status and body."""
    proof = changes.get("proof", log.tree.consistency_proof(old, new) if old <= new else [])
    checkpoint = changes.get("checkpoint", log.checkpoint(new, witnessed=False))
    body = encode_request(old, proof, checkpoint)  # type: ignore[arg-type]
    reply = witness.add_checkpoint(body, at_s=NOW)
    return reply.status, reply.body


def test_a_growing_log_is_cosigned(witness: Witness, log: Publisher) -> None:
    for old, new in ((0, 7), (7, 8), (8, 40), (40, 40)):
        status, body = ask(witness, log, old, new)
        assert status == 200
        text = Note.parse(log.checkpoint(new)).text
        note = Note(text, (SignatureLine.parse(body.rstrip("\n")),))
        assert cosigned_at(note, KEY.verifier) == NOW


def test_a_smaller_tree_is_never_cosigned_again(witness: Witness, log: Publisher) -> None:
    ask(witness, log, 0, 30)
    assert ask(witness, log, 0, 20) == (409, "30\n")
    assert ask(witness, log, 20, 20) == (409, "30\n")
    status, _body = ask(witness, log, 30, 20)
    assert status == 400
    assert witness.state.newest(log.key.name).size == 30


def test_an_old_size_that_is_not_the_newest_is_told_the_newest(witness: Witness, log: Publisher) -> None:
    assert ask(witness, log, 5, 20) == (409, "0\n")
    ask(witness, log, 0, 20)
    reply = witness.add_checkpoint(encode_request(0, [], log.checkpoint(30)), at_s=NOW)
    assert (reply.status, reply.body, reply.content_type) == (409, "20\n", "text/x.tlog.size")


def test_a_rewritten_history_is_not_cosigned(witness: Witness, log: Publisher) -> None:
    ask(witness, log, 0, 20)
    other = Publisher()
    for number in range(30):
        other.vote(f"other {number}")
    assert ask(witness, other, 20, 30)[0] == 422
    assert ask(witness, other, 20, 20)[0] == 409, "two roots for one size"
    assert ask(witness, log, 20, 30, proof=[])[0] == 422
    assert witness.state.newest(log.key.name).root == log.tree.root(20)


def test_unknown_logs_and_forged_signatures_are_refused(witness: Witness, log: Publisher) -> None:
    stranger = Publisher(key=SigningKey("stranger.example/log", b"\1" * 32))
    stranger.vote("a")
    assert ask(witness, stranger, 0, 1)[0] == 404
    forger = SigningKey(log.key.name, b"\7" * 32)
    assert ask(witness, log, 0, 5, checkpoint=log.checkpoint(5, key=forger, witnessed=False))[0] == 403
    spoilt = log.checkpoint(5, witnessed=False).replace(b"\n5\n", b"\n6\n")
    assert ask(witness, log, 0, 5, checkpoint=spoilt)[0] == 403


@pytest.mark.parametrize(
    "body", [b"", b"old 0\n", b"old 00\n\nx", b"old -1\n\nx", b"new 0\n\nx", b"old 0\nAA\n\nx", b"\xff", b"x" * 600_000]
)
def test_malformed_calls_are_refused(witness: Witness, body: bytes) -> None:
    assert witness.add_checkpoint(body, at_s=NOW).status == 400


def test_a_log_key_cannot_be_a_witness_key(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="keygen"):
        Witness(key=SigningKey("w", b"\1" * 32), policy=Policy(), state=WitnessState(tmp_path / "state"))


def test_racing_callers_never_roll_the_witness_back(witness: Witness, log: Publisher) -> None:
    """The race of c2sp.org/tlog-witness: a slow call with a smaller tree must not undo a quick one."""

    def race(new: int) -> int:
        for _attempt in range(200):
            old = witness.state.newest(log.key.name).size
            if old >= new:
                return new
            if ask(witness, log, old, new)[0] == 200:
                assert witness.state.newest(log.key.name).size >= new
                return new
        return 0

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(race, range(1, 41))) == list(range(1, 41))
    assert witness.state.newest(log.key.name) == Checkpoint(log.key.name, 40, log.tree.root(40))


def test_what_was_cosigned_survives_a_restart(log: Publisher, tmp_path: Path) -> None:
    policy = Policy.for_log(log.key.verifier)
    ask(Witness(key=KEY, policy=policy, state=WitnessState(tmp_path / "state")), log, 0, 20)
    again = Witness(key=KEY, policy=policy, state=WitnessState(tmp_path / "state"))
    assert ask(again, log, 0, 10) == (409, "20\n")


@pytest.fixture
def address(log: Publisher, tmp_path: Path) -> Iterator[tuple[str, int]]:
    policy = Policy.for_log(log.key.verifier)
    server = make_server(("127.0.0.1", 0), key=KEY, policy=policy, state=WitnessState(tmp_path / "state"))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[0], server.server_address[1]  # type: ignore[misc]
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_protocol_over_http(address: tuple[str, int], log: Publisher) -> None:
    connection = HTTPConnection(*address)
    answers = []
    for path, body in (
        ("/add-checkpoint", encode_request(0, [], log.checkpoint(9))),
        ("/add-checkpoint", encode_request(0, [], log.checkpoint(9))),
        ("/elsewhere", b""),
    ):
        connection.request("POST", path, body)
        answer = connection.getresponse()
        answers.append((answer.status, answer.read()[:3], answer.headers["Content-Type"]))
    connection.request("POST", "/add-checkpoint", b"x", headers={"Content-Length": "9999999"})
    assert connection.getresponse().status == 413
    connection.close()
    assert [status for status, _body, _type in answers] == [200, 409, 404]
    assert answers[0][1] == "—".encode()
    assert answers[1][1:] == (b"9\n", "text/x.tlog.size")


def test_keygen_makes_a_secret_file_once(tmp_path: Path) -> None:
    file = tmp_path / "witness.key"
    result = CliRunner().invoke(main, ["witness", "keygen", str(file), "--name", "w.example/1"])
    assert result.exit_code == 0
    assert "witness NAME w.example/1+" in result.output
    assert file.stat().st_mode & 0o077 == 0
    assert SigningKey.parse(file.read_text().strip()).type == COSIGNATURE_V1
    assert CliRunner().invoke(main, ["witness", "keygen", str(file), "--name", "w.example/1"]).exit_code == 1
    assert CliRunner().invoke(main, ["witness", "keygen", str(tmp_path / "b"), "--name", "a b"]).exit_code == 1


def test_what_a_witness_cannot_use_is_said_in_one_sentence(log: Publisher, tmp_path: Path) -> None:
    key, policy, state = tmp_path / "key", tmp_path / "policy", tmp_path / "state"
    key.write_text(KEY.secret_text())
    policy.write_text(f"log {log.key.verifier}\nquorum none\n")

    def refusal(**changed: Path) -> str:
        files = {"key": key, "policy": policy, "state": state, **changed}
        options = [word for name, file in files.items() for word in (f"--{name}", str(file))]
        ended = CliRunner().invoke(main, ["witness", "serve", *options], catch_exceptions=False)
        assert ended.exit_code == 1
        return ended.stderr

    nowhere = tmp_path / "nowhere" / "state"
    assert refusal(state=nowhere) == f"Error: --state {nowhere} cannot be used: unable to open database file.\n"
    assert refusal(key=policy).startswith("Error: signing key is malformed: ")
    again = CliRunner().invoke(main, ["witness", "keygen", str(key), "--name", "witness.example/w1"])
    assert again.stderr == f"Error: {key} is there already; a key is never written over.\n"
