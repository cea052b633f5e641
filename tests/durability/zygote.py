"""Loads the newsroom once, then forks a fresh web or sequencer process for each line on its standard input.

A line is "web PORT" or "sequencer"; the answer is the new process's id. Starting one takes a tenth of a second instead
of five, which is what lets a test kill dozens of them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

import django

EVERY_S = 0.02


def load() -> None:
    """Import all that a web process needs, and open nothing."""
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver

    import touchstone.edge.doors
    import touchstone.edge.server
    import touchstone.ledger.actions  # noqa: F401

    get_wsgi_application()
    len(get_resolver().url_patterns)


def run_sequencer() -> None:
    """Sequence and sign until killed."""
    from touchstone.ledger import actions
    from touchstone.ledger.errors import SequencerBusy

    while True:
        with suppress(SequencerBusy):
            actions.advance(at=datetime.now(UTC))
        time.sleep(EVERY_S)


def run(order: list[str]) -> None:
    """Be the process that was ordered."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    if order[0] == "web":
        from touchstone.edge.server import run_server

        run_server(host="127.0.0.1", port=int(order[1]))
    else:
        run_sequencer()


def main() -> None:
    """Fork for every line until standard input ends."""
    load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            run(line.split())
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
