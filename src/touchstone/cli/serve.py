"""`touchstone serve`: the whole newsroom in one process tree, or one of its parts."""

from __future__ import annotations

import os
import signal
import socket
import sys
from urllib.parse import urlsplit

import click
from rich.console import Console

from touchstone.cli.site import load_site
from touchstone.cli.supervisor import Part, end_with_supervisor, supervise

PORTS = click.IntRange(1, 65535)
console = Console(stderr=True, highlight=False)


def _parts(host: str, port: int) -> list[Part]:
    this = [sys.executable, "-m", "touchstone.cli", "serve"]
    return [
        Part("web", [*this, "web", "--host", host, "--port", str(port)]),
        Part("worker", [*this, "worker"]),
        Part("prices", [*this, "prices"]),
    ]


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as err:
            raise click.ClickException(
                f"Cannot serve on {host} port {port} ({err.strerror}): set PORT to a free port and start again."
            ) from err


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORTS, default=None, help="Port to listen on; PORT from the environment otherwise.")
@click.pass_context
def serve(ctx: click.Context, host: str, port: int | None) -> None:
    """Start the newsroom: database, demo content on the first start, web, worker and price feed."""
    end_with_supervisor()
    ctx.obj = (host, port)
    if ctx.invoked_subcommand is None:
        chosen = _load_site_on(port)
        _refuse_taken_port(host, chosen)
        prepare_site()
        _greet(chosen)
        sys.exit(supervise(_parts(host, chosen), say=console.print))


def _load_site_on(port: int | None) -> int:
    """The port to listen on. Settings are read with it: without SITE_ORIGIN, links name the port that is served."""
    if port is not None:
        os.environ["PORT"] = str(port)
    load_site()
    from django.conf import settings

    return port or settings.PORT


def prepare_site() -> None:
    """Bring database and static files up to date and seed the demo newsroom where there is none."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db.utils import OperationalError

    from touchstone.stories.actions import set_up_newsroom
    from touchstone.stories.models import StoryPage

    try:
        console.print("[1/3] Bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        set_up_newsroom()
        if settings.DEMO and not StoryPage.objects.exists():
            console.print("[2/3] Writing the demo newsroom (first start only)")
            call_command("seed_demo", verbosity=1)
        else:
            console.print("[2/3] The newsroom has its stories")
        console.print("[3/3] Collecting styles and scripts")
        call_command("collectstatic", interactive=False, verbosity=0)
    except OperationalError as err:
        raise click.ClickException(f"The database cannot be used ({err}): check DATABASE_URL and DATA_DIR.") from err


def _greet(port: int) -> None:
    from django.conf import settings

    console.print(f"\n  {settings.SITE_NAME} is at [bold]http://127.0.0.1:{port}/[/bold]")
    console.print(f"  The editor's desk is at http://127.0.0.1:{port}/desk/")
    password = settings.DATA_DIR / "demo-editor-password.txt"
    if password.exists():
        console.print(f"  Demo editor: name [bold]editor[/bold], password [bold]{password.read_text().strip()}[/bold]")
    if urlsplit(settings.SITE_ORIGIN).port != port:
        console.print(f"  Links, mails and the vote log name [bold]{settings.SITE_ORIGIN}[/bold], as SITE_ORIGIN says.")
    console.print("  Ctrl-C stops everything.\n")


@serve.command()
@click.option("--host", default=None, help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=PORTS, default=None, help="Port to listen on; PORT from the environment otherwise.")
@click.option("--uds", default=None, help="Unix socket to listen on instead of a port.")
@click.pass_obj
def web(given: tuple[str, int | None], host: str | None, port: int | None, uds: str | None) -> None:
    """Serve pages, votes and streams (one process)."""
    chosen = _load_site_on(port or given[1])
    from touchstone.edge.server import run_server

    run_server(host=host or given[0], port=chosen, uds=uds)


@serve.command()
def worker() -> None:
    """Run background tasks, scheduled publishing, trust figures and the ledger's sequencer; a second one stands by."""
    load_site()
    from touchstone.config.schedule import run_worker

    run_worker()


@serve.command()
def prices() -> None:
    """Run the price feed (one process per site; a second one stands by)."""
    load_site()
    from django.core.management import CommandError, call_command

    from touchstone.config.alone import wait_until_alone

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    wait_until_alone("prices")
    try:
        call_command("run_price_feed")
    except CommandError as err:
        raise click.ClickException(str(err)) from err
