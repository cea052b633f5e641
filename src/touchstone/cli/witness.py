"""`touchstone witness`: cosign other newsrooms' logs after checking that they only grow (c2sp.org/tlog-witness)."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import click

from touchstone.transparency import COSIGNATURE_V1, Malformed, Policy, SigningKey


@click.group()
def witness() -> None:
    """Stand witness for other newsrooms' vote logs."""


@witness.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="The witness's name, such as witness.example/w1.")
def keygen(file: Path, name: str) -> None:
    """Make a witness key in FILE (secret) and print its public half for partners."""
    from touchstone.cli.witnessing import write_secret

    try:
        key = SigningKey.generate(name, COSIGNATURE_V1)
        write_secret(file, key.secret_text() + "\n")
    except FileExistsError as err:
        raise click.ClickException(f"{file} is there already; a key is never written over.") from err
    except (Malformed, OSError) as err:
        raise click.ClickException(str(err)) from err
    click.echo(f"Give this line to the newsrooms you stand witness for:\nwitness NAME {key.verifier} URL")


@witness.command()
@click.option("--key", "key_file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--policy",
    "policy_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A tlog-policy file whose log lines are the logs to witness.",
)
@click.option(
    "--state",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="SQLite file that remembers the newest checkpoint of each log.",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8099, show_default=True)
def serve(key_file: Path, policy_file: Path, state: Path, host: str, port: int) -> None:
    """Answer add-checkpoint calls until stopped."""
    from touchstone.cli.witnessing import WitnessState, make_server

    try:
        key = SigningKey.parse(key_file.read_text().strip())
        policy = Policy.parse(policy_file.read_text())
        kept = WitnessState(state)
        server = make_server((host, port), key=key, policy=policy, state=kept)
    except Malformed as err:
        raise click.ClickException(f"{err.what} is malformed: {err.reason}.") from err
    except UnicodeDecodeError as err:
        raise click.ClickException("The key or the policy is not UTF-8 text.") from err
    except sqlite3.Error as err:
        raise click.ClickException(f"--state {state} cannot be used: {err}.") from err
    except OSError as err:
        raise click.ClickException(f"Cannot answer on {host} port {port}: {err.strerror or err}.") from err
    click.echo(f"Witness {key.name} answers at http://{host}:{server.server_address[1]}/add-checkpoint", err=True)
    click.echo(f"It knows {len(policy.logs)} log(s). Its key: {key.verifier}", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
    finally:
        server.server_close()
