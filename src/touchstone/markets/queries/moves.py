"""Whether an instrument moved abnormally around a moment: what the desk is alarmed about."""

from __future__ import annotations

from datetime import datetime, timedelta

from touchstone.eventstudy import Design, Move, WatchRule, move_in
from touchstone.markets.models import Instrument
from touchstone.markets.queries.studies import GRAINS, Grain, study_between

# After a day other news has moved the price more often than the story could have.
WATCHED_FOR = timedelta(days=1)
LEAD_UP = timedelta(hours=1)


def move_around(instrument: Instrument, at: datetime, *, now: datetime, rule: WatchRule) -> Move | None:
    """The abnormal move since a moment, else in the hour before it; None if there was none or prices are missing.

    instrument : with its benchmark at hand
    A move counts by the rule of `touchstone.eventstudy.move_in`, which allows for looking every minute of a day.
    """
    end = min(now, at + WATCHED_FOR)
    for grain in GRAINS:
        if end - at <= grain.up_to:
            found = study_between(instrument, at, end, grain=grain, design=_design(grain))
            if found is not None:
                return move_in(found, rule)
    return None


def _design(grain: Grain) -> Design:
    return Design(drift_steps=int(LEAD_UP.total_seconds()) // grain.step_s, excuse_stir=False)
