"""Run the engine over all votes when votes or time warrant it."""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from touchstone import engine
from touchstone.trust.ballots import SiteBallots, gather_ballots, resolutions_among
from touchstone.trust.models import Assessment, Fit
from touchstone.votes.models import Vote

logger = logging.getLogger(__name__)
FEWEST_NEW_VOTES = 50
NEW_VOTES_SHARE = 0.02
LONGEST_WAIT = timedelta(hours=1)


def request_fit(*, at: datetime) -> Fit:
    """Ask for a full fit; the worker starts it within seconds."""
    waiting = Fit.objects.filter(state=Fit.State.REQUESTED).first()
    return waiting or _new_fit(Fit.State.REQUESTED, at=at)


def run_due_fit(*, at: datetime) -> Fit | None:
    """Run a full fit if one was asked for, or if votes or time since the last one warrant it; None if not."""
    requested = Fit.objects.filter(state=Fit.State.REQUESTED).first()
    if requested is None and not _is_warranted(at):
        return None
    return run_fit(requested or _new_fit(Fit.State.REQUESTED, at=at), at=at)


def _new_fit(state: str, *, at: datetime) -> Fit:
    return Fit.objects.create(
        state=state, started_at=at, engine_version=engine.ENGINE_VERSION, engine_digest=engine.engine_digest()
    )


def _is_warranted(at: datetime) -> bool:
    last = Fit.objects.filter(state=Fit.State.DONE).order_by("-started_at").first()
    votes = Vote.objects.count()
    if last is None:
        return votes > 0
    fresh = abs(votes - last.votes)
    if last.engine_digest != engine.engine_digest() or fresh >= max(FEWEST_NEW_VOTES, NEW_VOTES_SHARE * last.votes):
        return True
    return fresh > 0 and at - last.started_at >= LONGEST_WAIT


def run_fit(fit: Fit, *, at: datetime) -> Fit:
    """Run the engine over all votes and keep what it finds out; a failure is kept with its reason, not raised."""
    fit.state, fit.started_at = Fit.State.RUNNING, at
    _progress(fit, 5)
    try:
        ballots = gather_ballots()
        fit.votes, fit.stories = len(ballots.vote), ballots.n_stories
        _progress(fit, 20)
        probability = _probabilities(ballots)
        _progress(fit, 90)
        _keep(fit, ballots, probability)
        fit.state, fit.progress_pct = Fit.State.DONE, 100
    except engine.EngineError as err:
        logger.exception("The full fit %s failed.", fit.pk)
        fit.state, fit.problem = Fit.State.FAILED, str(err)
    fit.ended_at = at
    fit.save()
    return fit


def _progress(fit: Fit, pct: int) -> None:
    fit.progress_pct = pct
    fit.save(update_fields=["state", "started_at", "progress_pct", "votes", "stories"])


def _probabilities(ballots: SiteBallots) -> list[float | None]:
    resolved = resolutions_among(ballots)
    if len(resolved) < engine.FEWEST_RESOLVED:
        return [None] * ballots.n_stories
    return [float(p) for p in engine.Combined().fit(ballots, resolved).probability_]


@transaction.atomic
def _keep(fit: Fit, ballots: SiteBallots, probability: list[float | None]) -> None:
    digest = hashlib.sha256(np.array([np.nan if p is None else p for p in probability], dtype="<f8").tobytes())
    fit.result_digest = digest.hexdigest()
    Assessment.objects.all().delete()
    Assessment.objects.bulk_create(
        [
            Assessment(story_id=story_id, fit=fit, probability=p)
            for story_id, p in zip(ballots.story_ids, probability, strict=True)
        ]
    )
