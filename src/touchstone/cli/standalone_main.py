"""The command line of the one-file verifier, on the standard library alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from touchstone.cli.fetching import find_store
from touchstone.cli.rescoring import score_row
from touchstone.cli.verification import (
    EXIT_CODES,
    NO_KEY,
    CommandUnusable,
    check_audit,
    check_index,
    check_log,
    check_receipt,
    describe_failure,
    load_policy,
)
from touchstone.engine.digest import engine_digest
from touchstone.transparency import TransparencyError


def main(arguments: list[str] | None = None) -> None:
    """Run `receipt`, `log`, `index` or `audit` and leave with 0, or with the code of the step that failed."""
    asked = _parser().parse_args(arguments)
    try:
        _check(asked)
    except TransparencyError as failure:
        print(describe_failure(failure), file=sys.stderr)
        sys.exit(EXIT_CODES[failure.step])
    print("VERIFIED")


def _check(asked: argparse.Namespace) -> None:
    policy = load_policy(asked.key, asked.policy)
    if asked.command == "receipt":
        if policy is None:
            raise CommandUnusable(NO_KEY)
        check_receipt(Path(asked.source).read_bytes(), policy, say=print)
        return
    seen = Path(asked.seen) if asked.seen else None
    store = find_store(asked.source)
    logs = check_log(store, policy, seen=seen, progress=_progress, say=print)
    if asked.command == "index":
        check_index(logs, score=score_row, engine=engine_digest(), say=print)
    if asked.command == "audit":
        check_audit(store, logs, say=print)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\rreading entries {done:,} of {total:,}", end="\n" if done >= total else "", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Check what a publisher has published, with public keys and hashes.")
    parser.add_argument("command", choices=["receipt", "log", "index", "audit"])
    parser.add_argument("source", help="a receipt file; or a site's address or exported folder")
    parser.add_argument("--key", action="append", default=[], metavar="VKEY", help="a log key you trust; repeatable")
    parser.add_argument("--policy", help="a tlog-policy file you trust")
    parser.add_argument("--from", dest="seen", help="a checkpoint kept from an earlier visit")
    return parser
