"""Keeps the parts of the newsroom running as one process tree that starts and stops together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

STOP_WITHIN_S = 4.0
LOOK_EVERY_S = 0.2
SOON_S = 10.0
MAX_QUICK_DEATHS = 5
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Part:
    """One child process: its name and command line."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    start_again_at: float = field(default=0.0)

    def start(self, now: float) -> None:
        """Start the process in a session of its own, so that a terminal's Ctrl-C reaches only the supervisor."""
        environment = {**os.environ, "TOUCHSTONE_SUPERVISOR": str(os.getpid())}
        self.process = subprocess.Popen(self.command, env=environment, start_new_session=True)  # noqa: S603
        self.started_at = now

    def has_ended(self) -> bool:
        """Whether the process was started and is gone."""
        return self.process is not None and self.process.poll() is not None

    def schedule_restart(self, now: float) -> float:
        """Seconds until the process is started again: at once after a long run, later after quick deaths."""
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < SOON_S else 1
        self.process = None
        delay = float(2 ** (self.quick_deaths - 1)) - 1.0
        self.start_again_at = now + delay
        return delay


def end_with_supervisor() -> None:
    """Have the kernel end this process when the supervisor that started it is gone (Linux; nothing elsewhere)."""
    if os.environ.get("TOUCHSTONE_SUPERVISOR") != str(os.getppid()):
        return
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


def supervise(parts: list[Part], *, say: Callable[[str], None]) -> int:
    """Run all parts until SIGINT or SIGTERM, restarting those that die; the exit code for the shell.

    Returns 0 after a requested stop, 1 when a part keeps dying within seconds of its start.
    """
    stop_requested = False

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stop_requested
        stop_requested = True

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        while not stop_requested:
            if not _keep_running(parts, say):
                return 1
            time.sleep(LOOK_EVERY_S)
        say("Stopping …")
        return 0
    finally:
        _stop(parts)
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_running(parts: list[Part], say: Callable[[str], None]) -> bool:
    now = time.monotonic()
    for part in parts:
        if part.has_ended():
            code = part.process.returncode if part.process else 0
            delay = part.schedule_restart(now)
            if part.quick_deaths >= MAX_QUICK_DEATHS:
                say(f"The {part.name} process ended {MAX_QUICK_DEATHS} times at once (exit code {code}); giving up.")
                return False
            say(f"The {part.name} process ended (exit code {code}); starting it again in {delay:.0f} s.")
        if part.process is None and now >= part.start_again_at:
            part.start(now)
    return True


def _stop(parts: list[Part]) -> None:
    running = [part.process for part in parts if part.process is not None and part.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN_S
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
