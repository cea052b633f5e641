"""`touchstone ledger`: export the open data, rotate logs and keys, and see how the log stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import Progress as Bar

from touchstone.cli.site import load_site

console = Console(stderr=True, highlight=False)
Result = TypeVar("Result")


@click.group()
def ledger() -> None:
    """Look after the vote ledger of this site."""
    load_site()


@ledger.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--with-audit", is_flag=True, help="Add what names readers across stories: for a sworn auditor only.")
def export(folder: Path, with_audit: bool) -> None:
    """Write the open data to FOLDER: tiles, entries, openings, checkpoints, keys and a verifier."""
    from touchstone.cli.standalone import FILE_NAME, build_standalone
    from touchstone.ledger import actions

    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Writing the open data", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        written = _say_errors(
            lambda: actions.export_open_data(folder, at=datetime.now(UTC), with_audit=with_audit, progress=progress)
        )
    (folder / FILE_NAME).write_text(build_standalone(), encoding="utf-8")
    click.echo(f"Wrote {written:,} files to {folder}. Check them with: touchstone verify index {folder}")


@ledger.command()
def status() -> None:
    """Say how far the log is, who stands behind it, what waits, and why nothing is signed, if so (exit code 1)."""
    from touchstone.ledger import queries

    state = _say_errors(queries.log_state)
    click.echo(f"waiting      {queries.pending_count():,} entries")
    if state is None:
        click.echo("log          none yet; it starts with the first entry")
        return
    click.echo(f"log          {state.origin}")
    click.echo(
        f"signed       {state.size:,} entries at {state.signed_at:%Y-%m-%d %H:%M:%S} UTC, {state.witnesses.text}"
    )
    click.echo(f"root         {state.root}")
    click.echo(queries.policy_text().rstrip("\n"))
    refusal = queries.refusal()
    if refusal:
        raise click.ClickException(refusal)


@ledger.command()
@click.option("--after-loss", is_flag=True, help="Start a log that owns up to entries lost for good.")
@click.confirmation_option(prompt="A closed log takes no more entries. Go on?")
def rotate(after_loss: bool) -> None:
    """Close the current log and start the next one (done by itself each new year)."""
    from touchstone.ledger import actions

    turn = actions.rotate_after_loss if after_loss else actions.rotate_now
    log = _say_errors(lambda: turn(at=datetime.now(UTC)))
    _say_errors(lambda: actions.publish_checkpoint(at=datetime.now(UTC)))
    click.echo(f"The log is now {log.origin}.")


@ledger.command()
def scrub() -> None:
    """Leave no byte of erased readers in the database's files (done after each erasure)."""
    from touchstone.ledger import actions

    _say_errors(actions.scrub_erased)
    click.echo("Nothing erased is left in the database's files.")


@ledger.command(name="rotate-key")
@click.option("--reason", default="scheduled", show_default=True, help="Kept in the log for all to read.")
@click.confirmation_option(prompt="Verifiers must be told the new key. Go on?")
def rotate_key(reason: str) -> None:
    """Sign with a fresh key from now on; the old key announces it in the log."""
    from touchstone.ledger import actions

    key = _say_errors(lambda: actions.change_key(at=datetime.now(UTC), reason=reason))
    _say_errors(lambda: actions.publish_checkpoint(at=datetime.now(UTC)))
    click.echo(f"The log is now signed by {key.vkey}")


def _say_errors(action: Callable[[], Result]) -> Result:
    from django.conf import settings
    from django.db import DatabaseError

    from touchstone.ledger.errors import LedgerError

    try:
        return action()
    except LedgerError as err:
        raise click.ClickException(str(err)) from err
    except DatabaseError as err:
        problem = f"No newsroom can be read below {settings.DATA_DIR} ({err}): check DATA_DIR and DATABASE_URL."
        raise click.ClickException(problem) from err
    except OSError as err:
        raise click.ClickException(f"{err.filename}: cannot be written: {err.strerror or err}.") from err
