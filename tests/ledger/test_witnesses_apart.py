"""Two witnesses in processes of their own, and a site that wants two of its three to stand behind its log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from django.test import Client
from tests import factories
from tests.databases import ROOT
from tests.ledger.ballots import only_log, queue_vote

from touchstone.ledger import actions, files, queries, trees
from touchstone.ledger.models import LogKey
from touchstone.transparency import Checkpoint, Note, Policy, QuorumMissed, Tree, encode_request, verify_receipt

pytestmark = pytest.mark.django_db

NOBODY = "http://127.0.0.1:9"
TOUCHSTONE = [sys.executable, "-m", "touchstone.cli"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}


class Partner:
    """Another newsroom that stands witness with nothing but the command line."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder / f"partner {number}"
        self.folder.mkdir()
        keygen = [*TOUCHSTONE, "witness", "keygen", "witness.key", "--name", f"w{number}.example/w"]
        made = subprocess.run(keygen, cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=True)
        self.line = made.stdout.splitlines()[1].replace("NAME", f"W{number}")

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`touchstone witness serve` while the block runs; its address."""
        (self.folder / "logs.policy").write_text(f"log {LogKey.objects.get().vkey}\nquorum none\n")
        options = ["--key", "witness.key", "--policy", "logs.policy", "--state", "witness.sqlite3", "--port", "0"]
        command = [*TOUCHSTONE, "witness", "serve", *options]
        process = subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr
            yield process.stderr.readline().split(" answers at ")[1].strip().removesuffix("/add-checkpoint")
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def partners(tmp_path: Path) -> list[Partner]:
    return [Partner(tmp_path, number) for number in (1, 2, 3)]


def want_two_of(folder: Path, partners: list[Partner], addresses: list[str]) -> Policy:
    """Write the site's list of witnesses; the policy of a verifier who wants the same."""
    lines = [partner.line.replace("URL", address) for partner, address in zip(partners, addresses, strict=True)]
    lines += ["group two-of-three 2 W1 W2 W3", "quorum two-of-three", ""]
    (folder / "witnesses").write_text("\n".join(lines))
    return Policy.parse(f"log {LogKey.objects.get().vkey}\n" + "\n".join(lines))


def vote_and_sign(*readers: str) -> UUID:
    """Votes, and a checkpoint over them; the reference of the last one."""
    references = [queue_vote(reader) for reader in readers]
    actions.advance(at=datetime.now(UTC))
    return references[-1]


def receipt(reference: UUID) -> bytes:
    return queries.receipt(reference).content or b""


def ask(address: str, old: int, new: int, tree: Tree) -> tuple[int, str]:
    """What a witness answers when these entries are signed with the log's own key and put before it."""
    key = files.read_key(only_log().name, LogKey.objects.get().vkey)
    text = Checkpoint(only_log().origin, new, tree.root(new)).text
    proof = tree.consistency_proof(old, new) if old <= new else []
    body = encode_request(old, proof, bytes(Note(text, (key.sign(text),))))
    answer = httpx.post(f"{address}/add-checkpoint", content=body)
    return answer.status_code, answer.text


def test_two_of_three_witnesses_stand_behind_the_log_and_pages_say_so(
    ledger_folder: Path, partners: list[Partner], client: Client
) -> None:
    story = factories.make_story()
    pages = ("/trust/", story.url)
    reference = vote_and_sign("ann")
    with ExitStack() as stack:
        addresses = [stack.enter_context(partner.serving()) for partner in partners[:2]]
        policy = want_two_of(ledger_folder, partners, [addresses[0], NOBODY, NOBODY])
        assert all("self-attested" in client.get(page).content.decode() for page in pages)
        actions.collect_cosignatures(at=datetime.now(UTC))
        assert all("1 of 3 witnesses" in client.get(page).content.decode() for page in pages)
        with pytest.raises(QuorumMissed, match="only W1 cosigned"):
            verify_receipt(receipt(reference), policy)

        policy = want_two_of(ledger_folder, partners, [*addresses, NOBODY])
        for reader in ("bob", "cleo"):
            said = actions.collect_cosignatures(at=datetime.now(UTC))
            assert said["W2"] == "cosigned"
            assert "127.0.0.1:9" in said["W3"], "one that is down holds nobody up"
            assert verify_receipt(receipt(reference), policy).witnesses == ("W1", "W2")
            assert all("2 of 3 witnesses" in client.get(page).content.decode() for page in pages)
            reference = vote_and_sign(reader)


def test_a_witness_refuses_a_smaller_and_another_history_also_after_it_was_killed(
    ledger_folder: Path, partners: list[Partner]
) -> None:
    vote_and_sign(*(f"reader {number}" for number in range(9)))
    entries = trees.leaves(only_log(), 0, 10)
    honest, forged = Tree(), Tree()
    honest.append(entries)
    forged.append([*entries[:4], b"another vote", *entries[5:], b"one more"])
    with partners[0].serving() as address:
        want_two_of(ledger_folder, partners, [address, NOBODY, NOBODY])
        assert actions.collect_cosignatures(at=datetime.now(UTC))["W1"] == "cosigned"
        assert ask(address, 0, 5, honest) == (409, "10\n"), "a smaller tree"
        assert ask(address, 10, 5, honest)[0] == 400
        assert ask(address, 10, 10, forged) == (409, "10\n"), "two roots for one size"
        assert ask(address, 10, 11, forged)[0] == 422, "a longer tree that begins otherwise"
    with partners[0].serving() as address:
        assert ask(address, 0, 5, honest) == (409, "10\n"), "it remembers"
        assert ask(address, 10, 11, forged)[0] == 422
        want_two_of(ledger_folder, partners, [address, NOBODY, NOBODY])
        vote_and_sign("late")
        assert actions.collect_cosignatures(at=datetime.now(UTC))["W1"] == "cosigned", "honest growth passes"
