"""The steps of the verifier, in plain words: what is checked, what held, and which exit code a failure gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from touchstone.transparency import (
    POLICY,
    Checkpoint,
    Malformed,
    MissingResource,
    OpenedLog,
    Policy,
    Progress,
    Scorer,
    Store,
    TransparencyError,
    VerifierKey,
    check_private,
    open_site,
    replay,
    verify_receipt,
)

Say = Callable[[str], None]

EXIT_CODES = {
    "command": 2,
    "format": 10,
    "missing": 11,
    "origin": 12,
    "signature": 13,
    "quorum": 14,
    "inclusion": 15,
    "consistency": 16,
    "fork": 17,
    "stale": 18,
    "tree": 19,
    "entry": 20,
    "opening": 21,
    "succession": 22,
    "replay": 23,
    "index": 24,
    "reader": 25,
}
NO_KEY = "no key to check signatures with: give --key VKEY or --policy FILE (the publisher shows both at /log/policy)"


class CommandUnusable(TransparencyError):
    """A key or a policy on the command line cannot be used, or there is none."""

    step = "command"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


def describe_failure(failure: TransparencyError) -> str:
    """One line that names the step and says what failed."""
    if isinstance(failure, CommandUnusable):
        return f"Error: {failure}"
    return f"FAILED at step {failure.step!r}: {failure}"


def load_policy(keys: Iterable[str], policy_file: str | None) -> Policy | None:
    """The policy that the user trusts: from a file, from keys, or None if neither was given. Raises CommandUnusable."""
    parsed = [_parse_key(text) for text in keys]
    if policy_file is None:
        return Policy.for_log(*parsed) if parsed else None
    try:
        policy = Policy.parse(Path(policy_file).read_text(encoding="utf-8"))
    except OSError as err:
        raise CommandUnusable(f"--policy {policy_file} cannot be read: {err.strerror or err}.") from err
    except UnicodeDecodeError as err:
        raise CommandUnusable(f"--policy {policy_file} is not UTF-8 text.") from err
    except Malformed as err:
        raise CommandUnusable(f"--policy {policy_file} is no policy: {err.reason}.") from err
    policy.logs.update({str(key): key for key in parsed})
    return policy


def _parse_key(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except Malformed as err:
        problem = f"--key {text!r} is no key: {err.reason}; it looks like news.example/log/2026+1a2b3c4d+AQ…"
        raise CommandUnusable(problem) from err


def check_receipt(data: bytes, policy: Policy, *, say: Say) -> None:
    """Check a receipt and tell what it proves. Raises TransparencyError."""
    checked = verify_receipt(data, policy)
    head = checked.checkpoint
    say(f"ok  signature    the log {head.origin} signed a tree of {head.size:,} entries")
    say(f"ok  quorum       {_witnessed(checked.witnesses)}")
    say(f"ok  inclusion    entry {checked.index + 1:,} (index {checked.index}) is in that tree")
    say("ok  opening      the entry commits to exactly this content:")
    say(f"    {checked.extra.leaf.kind}: {checked.extra.public.payload.decode()}")
    if checked.extra.audit is not None:
        say(f"    only for you: {checked.extra.audit.payload.decode()}")
        signed = "signed with the reader's own key; nobody else could have made it" if checked.is_signed else "unsigned"
        say(f"ok  reader       {signed}")


def check_log(
    store: Store, policy: Policy | None, *, seen: Path | None, progress: Progress, say: Say
) -> list[OpenedLog]:
    """Check every log of a site, and that it grew from a checkpoint kept before. Raises TransparencyError."""
    if policy is None:
        policy = _declared_policy(store)
        say("!!  key          taken from the publisher itself; compare it with one you got elsewhere:")
        for vkey in policy.logs:
            say(f"    {vkey}")
    logs = []
    for log in open_site(store, policy, seen=_kept_checkpoint(seen, policy), progress=progress):
        logs.append(log)
        head = log.checkpoint
        say(f"ok  signature    {head.origin} signed a tree of {head.size:,} entries, root {head.root.hex()[:16]}…")
        say(f"ok  quorum       {_witnessed(log.witnesses)}")
        say("ok  tree         every tile hashes up to that root")
        say(f"ok  entries      all {head.size:,} entries are what the tree commits to")
        opened = sum(entry.opening is not None for entry in log.entries)
        say(f"ok  openings     {opened:,} contents published, each is what its entry commits to")
    if seen is not None:
        say("ok  growth       the log grew from your earlier checkpoint, nothing before it changed")
    return logs


def check_index(logs: list[OpenedLog], *, score: Scorer, engine: str, say: Say) -> None:
    """Replay every entry and recompute every published figure. Raises TransparencyError."""
    found = replay((entry for log in logs for entry in log.entries), score=score)
    say(f"ok  replay       {found.votes:,} votes and changes replayed, {found.erased:,} erased entries accounted for")
    say(f"ok  index        {found.rows:,} published figures recomputed, every bit the same")
    if found.modulo_erasures:
        say(f"    {found.modulo_erasures:,} of them count votes whose readers erased them later, as logged")
    if found.beyond:
        say(f"--  counts       {found.beyond:,} newer figures count votes whose contents are not published yet")
    other = sorted(set(found.engines) - {engine})
    if other:
        say(f"--  engine       some figures were made by engine {', '.join(digest[:16] for digest in other)}…;")
        say(f"                 this verifier is {engine[:16]}… and got the same figures")


def check_audit(store: Store, logs: list[OpenedLog], *, say: Say) -> None:
    """Check the private halves and the readers' signatures in them. Raises TransparencyError."""
    found = check_private(store, logs)
    say(f"ok  private      {found.checked:,} private halves are what their entries commit to")
    say(
        f"ok  readers      {found.signed:,} votes signed with {len(found.keys):,} registered keys, every signature fits"
    )
    say(f"    {found.unsigned:,} votes are unsigned, {found.unsigned_beside_key:,} of them by readers who had a key")
    if found.sealed:
        say(
            f"--  sealed       {found.sealed:,} newer votes are not published yet, so their signatures were not checked"
        )


def _witnessed(names: tuple[str, ...]) -> str:
    return f"cosigned by {', '.join(names)}" if names else "self-attested: your policy asks for no witness"


def _declared_policy(store: Store) -> Policy:
    try:
        text = store.read(POLICY).decode("utf-8")
    except (MissingResource, UnicodeDecodeError) as err:
        raise CommandUnusable(f"{NO_KEY}; and {err}") from err
    return Policy.parse(text)


def _kept_checkpoint(path: Path | None, policy: Policy) -> Checkpoint | None:
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError as err:
        raise MissingResource(path=str(path), detail=err.strerror or "") from err
    # Cosignatures may have come after it was kept, so no quorum is asked of it.
    return Policy(logs=policy.logs).open(data).checkpoint
