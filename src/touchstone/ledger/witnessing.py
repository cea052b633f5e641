"""Witnesses: partners who cosign checkpoints after checking that the log only grew."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from touchstone.ledger.errors import BadWitnesses, WitnessRefused
from touchstone.ledger.models import Log, LogKey, Signature
from touchstone.ledger.publishing import PublishedCheckpoint, newest_published
from touchstone.ledger.sequencing import current_log
from touchstone.ledger.trees import nodes
from touchstone.net import Answer, Endpoint, Guard, Limits, NetError, Request, fetch
from touchstone.transparency import (
    Malformed,
    Note,
    Policy,
    SignatureInvalid,
    SignatureLine,
    VerifierKey,
    consistency_path,
    cosigned_at,
    encode_request,
)

FILE = "witnesses"
LIMITS = Limits(step_s=5.0, total_s=10.0, max_bytes=64 * 1024, max_redirects=0)


@dataclass(frozen=True, slots=True)
class Witness:
    """A partner's name in our policy, public key and submission address."""

    name: str
    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class WitnessState:
    """Who stands behind a checkpoint; `text` is what pages show."""

    seen: tuple[str, ...]
    configured: int

    @property
    def text(self) -> str:
        """ "self-attested" while nobody else has cosigned, else "2 of 3 witnesses"."""
        return f"{len(self.seen)} of {self.configured} witnesses" if self.seen else "self-attested"


def configured_policy() -> Policy:
    """The operator's witnesses, groups and quorum, from LEDGER_DIR/witnesses; none if there is no such file.

    The file is a c2sp.org/tlog-policy without log lines. Raises BadWitnesses.
    """
    path = Path(settings.LEDGER_DIR) / FILE
    if not path.exists():
        return Policy()
    try:
        return Policy.parse(path.read_text())
    except (Malformed, OSError, UnicodeDecodeError) as err:
        raise BadWitnesses(path=str(path), problem=str(err)) from err


def public_policy() -> str:
    """A policy file that names every key of every log of this site and its witnesses, for verifiers."""
    own = configured_policy()
    lines = ["# Keys of this site's vote logs, as the site itself declares them; compare them with another source."]
    lines += [f"log {vkey}" for vkey in LogKey.objects.order_by("id").values_list("vkey", flat=True)]
    lines += [f"witness {name} {key}" for name, key in own.witnesses.items()]
    return "\n".join([*lines, "quorum none", ""])


def witness_state(checkpoint: PublishedCheckpoint) -> WitnessState:
    """Which of the configured witnesses cosigned a checkpoint."""
    policy = configured_policy()
    return WitnessState(policy.cosigners(Note.parse(checkpoint.note)), len(policy.witnesses))


def collect_cosignatures(*, at_s: int) -> dict[str, str]:
    """Ask every witness that has not cosigned the newest checkpoint; what each said, by name."""
    log = current_log()
    checkpoint = newest_published(log) if log is not None else None
    if log is None or checkpoint is None:
        return {}
    policy = configured_policy()
    seen = set(policy.cosigners(Note.parse(checkpoint.note)))
    outcome: dict[str, str] = {}
    for name, key in policy.witnesses.items():
        if name in seen or name not in policy.urls:
            continue
        try:
            _ask(log, checkpoint, Witness(name, key, policy.urls[name]), at_s=at_s)
            outcome[name] = "cosigned"
        except (NetError, WitnessRefused) as err:
            outcome[name] = str(err)
    return outcome


def _ask(log: Log, checkpoint: PublishedCheckpoint, witness: Witness, *, at_s: int) -> None:
    old_size = _last_size(log, witness.key)
    answer = _submit(log, checkpoint, witness, old_size)
    if answer.status == 409 and (known := _size_in(answer)) is not None and known <= checkpoint.head.size:
        answer = _submit(log, checkpoint, witness, known)
    if answer.status != 200:
        raise WitnessRefused(name=witness.name, status=answer.status, answer=answer.text()[:200].strip())
    _keep(checkpoint, witness, answer.text(), at_s=at_s)


def _submit(log: Log, checkpoint: PublishedCheckpoint, witness: Witness, old_size: int) -> Answer:
    size = checkpoint.head.size
    proof = consistency_path(old_size, size, nodes(log, size))
    body = encode_request(old_size, proof, checkpoint.note)
    url = witness.url.rstrip("/") + "/add-checkpoint"
    return fetch(url, request=Request(content=body), limits=LIMITS, guard=_guard_for(url))


def _keep(checkpoint: PublishedCheckpoint, witness: Witness, answer: str, *, at_s: int) -> None:
    for text in answer.splitlines():
        try:
            line = SignatureLine.parse(text)
            time = cosigned_at(Note(checkpoint.head.text, (line,)), witness.key)
        except (Malformed, SignatureInvalid):
            continue
        if time is not None and time <= at_s + 86_400:
            with transaction.atomic():
                Signature.objects.get_or_create(
                    checkpoint=checkpoint.row,
                    key=str(witness.key),
                    defaults={"role": Signature.Role.WITNESS, "line": text},
                )
            return
    raise WitnessRefused(name=witness.name, status=200, answer="its answer holds no valid cosignature")


def _last_size(log: Log, key: VerifierKey) -> int:
    rows = Signature.objects.filter(checkpoint__log=log, key=str(key)).order_by("-checkpoint__size")
    return rows.values_list("checkpoint__size", flat=True).first() or 0


def _size_in(answer: Answer) -> int | None:
    text = answer.text().strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _guard_for(url: str) -> Guard:
    # The operator wrote this address into the witnesses file by hand; a literal address permits exactly itself.
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        address = str(ipaddress.ip_address(parts.hostname or ""))
    except ValueError:
        return Guard(ports=frozenset({80, 443, port}))
    return Guard(permitted=frozenset({Endpoint(address, port)}))
