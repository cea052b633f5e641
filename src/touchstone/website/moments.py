"""Times as readers see them."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
STEPS = ((HOUR_S, MINUTE_S, "minute"), (DAY_S, HOUR_S, "hour"), (7 * DAY_S, DAY_S, "day"))


def ago(then: datetime, at: datetime) -> str:
    """How long ago that was, such as `3 hours ago`; the date once it is a week old."""
    seconds = (at - then).total_seconds()
    if seconds < 0:
        return stamp(then)
    if seconds < MINUTE_S:
        return "just now"
    for limit, unit_s, noun in STEPS:
        if seconds < limit:
            number = int(seconds // unit_s)
            return f"{number} {noun}{'' if number == 1 else 's'} ago"
    return day(then)


def stamp(then: datetime) -> str:
    """Date and time in full, such as `23 November 2026, 15:40 UTC`."""
    utc = then.astimezone(UTC)
    return f"{day(utc)}, {utc:%H:%M} UTC"


def clock(then: datetime) -> str:
    """The time of day, such as `15:40 UTC`."""
    return f"{then.astimezone(UTC):%H:%M} UTC"


def day(then: datetime) -> str:
    """The date, such as `23 November 2026`."""
    return f"{then.day} {then:%B %Y}"


def machine(then: datetime) -> str:
    """The same moment for machines, in UTC to the second."""
    return f"{then.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
