"""The `touchstone` command: finds each subcommand's module only when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

COMMANDS = {
    "attack": "touchstone.cli.attack:attack",
    "bench": "touchstone.cli.bench:bench",
    "evaluate": "touchstone.cli.evaluate:evaluate",
    "ledger": "touchstone.cli.ledger:ledger",
    "manage": "touchstone.cli.manage:manage",
    "score": "touchstone.cli.score:score",
    "serve": "touchstone.cli.serve:serve",
    "study": "touchstone.cli.study:study",
    "verify": "touchstone.cli.verify:verify",
    "witness": "touchstone.cli.witness:witness",
}


class LazyGroup(click.Group):
    """A command group that imports a subcommand only when it is called, so pure commands never load Django."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names of all subcommands, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand of that name, imported now; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: Any = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="touchstone", prog_name="touchstone")
def main() -> None:
    """Run the newsroom, score votes, and check what a publisher has published."""
