"""`touchstone verify`: check what a publisher has published, offline, with public keys and hashes only."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import Progress as Bar

from touchstone.cli.tables import Refused
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
from touchstone.transparency import OpenedLog, TransparencyError

errors = Console(stderr=True, highlight=False)
key_option = click.option("--key", "keys", multiple=True, metavar="VKEY", help="A log key you trust; repeatable.")
policy_option = click.option(
    "--policy", "policy_file", type=click.Path(exists=True, dir_okay=False), help="A tlog-policy file you trust."
)
from_option = click.option(
    "--from",
    "seen",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint kept from an earlier visit; the log must have grown from it.",
)


@click.group()
def verify() -> None:
    """Check a receipt, a whole vote log, or every published trust index.

    Exit code 0: everything held. 10 and up: a step failed, one code for each (docs/reference/ledger-formats.md).
    """


@verify.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@key_option
@policy_option
def receipt(file: Path, keys: tuple[str, ...], policy_file: str | None) -> None:
    """Check that the entry in a receipt is in the log: signature, quorum, inclusion, content."""

    def check() -> None:
        policy = load_policy(keys, policy_file)
        if policy is None:
            raise CommandUnusable(NO_KEY)
        check_receipt(file.read_bytes(), policy, say=click.echo)

    _run(check)


@verify.command()
@click.argument("source", metavar="URL|DIR")
@key_option
@policy_option
@from_option
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Keep the newest checkpoint here.")
def log(source: str, keys: tuple[str, ...], policy_file: str | None, seen: Path | None, save: Path | None) -> None:
    """Check a site's vote log: signature, quorum, growth, every tile, every entry, every published content."""

    def check() -> None:
        logs = _checked_logs(source, keys, policy_file, seen)
        if save is not None:
            _write(save, logs[-1].note)
            click.echo(f"kept             {save}: give it to --from next time")

    _run(check)


@verify.command()
@click.argument("source", metavar="URL|DIR")
@key_option
@policy_option
@from_option
def index(source: str, keys: tuple[str, ...], policy_file: str | None, seen: Path | None) -> None:
    """Check the log, then replay every entry and recompute every published index, bit for bit."""

    def check() -> None:
        logs = _checked_logs(source, keys, policy_file, seen)
        from touchstone.cli.rescoring import score_row
        from touchstone.engine import engine_digest

        check_index(logs, score=score_row, engine=engine_digest(), say=click.echo)

    _run(check)


@verify.command()
@click.argument("source", metavar="DIR")
@key_option
@policy_option
def audit(source: str, keys: tuple[str, ...], policy_file: str | None) -> None:
    """Check an export made `--with-audit`: the log, every private half, every reader's own signature."""

    def check() -> None:
        from touchstone.cli.fetching import find_store

        check_audit(find_store(source), _checked_logs(source, keys, policy_file, None), say=click.echo)

    _run(check)


@verify.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def standalone(file: Path) -> None:
    """Write this verifier as one Python file that needs nothing but `cryptography`."""
    from touchstone.cli.standalone import build_standalone

    _write(file, build_standalone().encode())
    click.echo(f"Wrote {file}. Run it with: python {file.name} receipt FILE --key VKEY")


def _checked_logs(source: str, keys: tuple[str, ...], policy_file: str | None, seen: Path | None) -> list[OpenedLog]:
    from touchstone.cli.fetching import find_store

    with Bar(console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("Reading entries", total=None)
        return check_log(
            find_store(source),
            load_policy(keys, policy_file),
            seen=seen,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            say=click.echo,
        )


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as err:
        raise Refused(f"{file}: cannot be written: {err.strerror or err}.") from err


def _run(check: Callable[[], None]) -> None:
    try:
        check()
    except TransparencyError as failure:
        _fail(failure)
    click.echo("VERIFIED")


def _fail(failure: TransparencyError) -> NoReturn:
    click.echo(describe_failure(failure), err=True)
    sys.exit(EXIT_CODES[failure.step])
