"""Runs the edge under uvicorn with the limits that a public server needs."""

from __future__ import annotations

import os
import resource

import django
import uvicorn

STOP_WITHIN_S = 3
EDGE = "touchstone.edge.application:application"


def run_server(*, host: str, port: int, uds: str | None = None, application: str = EDGE) -> None:
    """Serve until told to stop by SIGTERM or Ctrl-C; a Unix socket takes the place of host and port."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "touchstone.config.settings")
    django.setup()
    allow_open_files()
    from touchstone.edge.protocol import EdgeProtocol  # loads models

    uvicorn.run(
        application,
        host=host,
        port=port,
        uds=uds,
        http=EdgeProtocol,
        proxy_headers=False,
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=2048,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )


def allow_open_files() -> None:
    """Raise the limit of open files as far as this process may: each event stream is one, and 1,024 is usual."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
