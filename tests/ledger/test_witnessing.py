"""The site asks its witnesses, keeps what they sign, and says how many stand behind a checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.ledger.ballots import AT, log_policy, queue_vote

from touchstone.cli.witnessing import WitnessState, make_server
from touchstone.ledger import actions, queries
from touchstone.ledger.errors import BadWitnesses
from touchstone.ledger.models import LogKey, Signature
from touchstone.transparency import COSIGNATURE_V1, Policy, SigningKey, VerifierKey, verify_receipt

pytestmark = pytest.mark.django_db


def witness_key(number: int) -> SigningKey:
    return SigningKey(f"witness.example/w{number}", bytes([40 + number]) * 32, COSIGNATURE_V1)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def start_witness(tmp_path: Path) -> Iterator[Callable[[int], str]]:
    """Starts witness number N, who knows this site's log."""
    with ExitStack() as stack:

        def start(number: int) -> str:
            policy = Policy.for_log(*(VerifierKey.parse(key) for key in LogKey.objects.values_list("vkey", flat=True)))
            state = WitnessState(tmp_path / f"state {number}")
            server = make_server(("127.0.0.1", 0), key=witness_key(number), policy=policy, state=state)
            return stack.enter_context(serving(server))

        yield start


def configure(folder: Path, urls: dict[int, str], quorum: str = "none") -> None:
    lines = [f"witness W{number} {witness_key(number).verifier} {url}" for number, url in urls.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "witnesses").write_text("\n".join([*lines, f"quorum {quorum}", ""]))


def test_cosignatures_are_collected_and_counted(ledger_folder: Path, start_witness: Callable[[int], str]) -> None:
    reference = queue_vote("ann")
    actions.advance(at=AT)
    configure(ledger_folder, {1: start_witness(1), 2: start_witness(2), 3: "http://127.0.0.1:9"})
    assert queries.log_state().witnesses.text == "self-attested"  # type: ignore[union-attr]
    said = actions.collect_cosignatures(at=AT.replace(year=2090))
    assert (said["W1"], said["W2"]) == ("cosigned", "cosigned")
    assert "127.0.0.1" in said["W3"]
    assert queries.log_state().witnesses.text == "2 of 3 witnesses"  # type: ignore[union-attr]
    strict = log_policy()
    strict.witnesses["W1"] = witness_key(1).verifier
    strict.quorum = "W1"
    checked = verify_receipt(queries.receipt(reference).content or b"", strict)
    assert checked.witnesses == ("W1",)
    assert set(actions.collect_cosignatures(at=AT.replace(year=2090))) == {"W3"}, "nobody is asked twice"


def test_growth_is_proved_from_what_the_witness_saw_last(
    ledger_folder: Path, start_witness: Callable[[int], str]
) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    configure(ledger_folder, {1: start_witness(1)})
    at = AT.replace(year=2090)
    for number in range(3):
        queue_vote(f"more {number}")
        actions.advance(at=AT)
        assert actions.collect_cosignatures(at=at) == {"W1": "cosigned"}
    assert Signature.objects.filter(role="witness").count() == 3


def test_a_witness_that_knows_more_than_we_remember_is_caught_up_with(
    ledger_folder: Path, start_witness: Callable[[int], str]
) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    configure(ledger_folder, {1: start_witness(1)})
    at = AT.replace(year=2090)
    actions.collect_cosignatures(at=at)
    from django.db import connection

    with connection.cursor() as cursor:
        where = "" if connection.vendor == "sqlite" else " ON ledger_signature"
        cursor.execute("DROP TRIGGER ledger_signature_no_delete" + where)
        cursor.execute("DELETE FROM ledger_signature WHERE role = 'witness'")
    queue_vote("bob")
    actions.advance(at=AT)
    assert actions.collect_cosignatures(at=at) == {"W1": "cosigned"}


def test_a_witness_that_answers_nonsense_is_not_believed(ledger_folder: Path) -> None:
    class Liar(BaseHTTPRequestHandler):
        answers = [(200, "yes\n"), (200, str(SigningKey("x", b"\1" * 32).sign("other\n"))), (500, "no"), (409, "999\n")]

        def do_POST(self) -> None:
            status, body = self.answers.pop(0)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            return

    queue_vote("ann")
    actions.advance(at=AT)
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Liar)) as url:
        configure(ledger_folder, {1: url})
        for words in ("no valid cosignature", "no valid cosignature", "status 500", "status 409"):
            assert words in actions.collect_cosignatures(at=AT)["W1"]
    assert not Signature.objects.filter(role="witness").exists()


def test_witnesses_are_shown_to_verifiers_and_bad_lists_are_named(ledger_folder: Path) -> None:
    queue_vote("ann")
    actions.advance(at=AT)
    configure(ledger_folder, {1: "https://witness.example/"})
    policy = Policy.parse(queries.policy_text())
    assert list(policy.witnesses) == ["W1"]
    assert len(policy.logs) == 1
    (ledger_folder / "witnesses").write_text("witness W1 nonsense\n")
    with pytest.raises(BadWitnesses, match="witnesses is not a list of witnesses"):
        queries.log_state()


def test_without_a_log_nobody_is_asked() -> None:
    assert actions.collect_cosignatures(at=AT) == {}
