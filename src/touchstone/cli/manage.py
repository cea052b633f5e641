"""`touchstone manage`: Django's own commands for this site."""

from __future__ import annotations

import click

from touchstone.cli.site import load_site


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.pass_context
def manage(ctx: click.Context) -> None:
    """Run one of Django's commands, for example `touchstone manage createsuperuser`."""
    load_site()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["touchstone manage", *ctx.args])
