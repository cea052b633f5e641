"""Run the engine over all votes when votes or time warrant it."""

from __future__ import annotations

import hashlib
import logging
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

import numpy as np
from django.db.models import Q

from touchstone import engine
from touchstone.ledger import actions as ledger
from touchstone.readers.actions import Standing, set_standings
from touchstone.trust.ballots import SiteBallots, gather_ballots, gather_evidence
from touchstone.trust.models import AnchorMember, Fit, Published, Resolution
from touchstone.votes.actions import StoryFinding, VoteFinding, place_votes, set_electorate
from touchstone.votes.models import Tally, Vote

logger = logging.getLogger(__name__)
FEWEST_NEW_VOTES = 50
NEW_VOTES_SHARE = 0.02
LONGEST_WAIT = timedelta(hours=1)
SMALL_SITE = 2000  # votes up to which a fit is done sooner than the engine is compiled


def request_fit(*, at: datetime) -> Fit:
    """Ask for a full fit; the worker starts it within seconds."""
    waiting = Fit.objects.filter(state=Fit.State.REQUESTED).first()
    return waiting or _new_fit(Fit.State.REQUESTED, at=at)


def run_due_fit(*, at: datetime) -> Fit | None:
    """Run a full fit if one was asked for, or if votes or time since the last one warrant it; None if not."""
    requested = Fit.objects.filter(state=Fit.State.REQUESTED).first()
    if requested is None and not _is_warranted(at):
        return None
    _close_cut_off(at)
    return run_fit(requested or _new_fit(Fit.State.REQUESTED, at=at), at=at)


def _close_cut_off(at: datetime) -> None:
    """Only one worker runs fits: one that still seems to run was cut off with its worker."""
    Fit.objects.filter(state=Fit.State.RUNNING).update(
        state=Fit.State.FAILED, ended_at=at, problem="The worker was stopped on the way; the next fit starts afresh."
    )


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
    if _is_graded_anew(last.started_at):
        return True
    if last.engine_digest != engine.engine_digest() or fresh >= max(FEWEST_NEW_VOTES, NEW_VOTES_SHARE * last.votes):
        return True
    return fresh > 0 and at - last.started_at >= LONGEST_WAIT


def _is_graded_anew(since: datetime) -> bool:
    """Whether stories were settled, resolutions withdrawn or the panel changed after that moment."""
    settled = Resolution.objects.filter(Q(second_signed_at__gt=since) | Q(withdrawn_at__gt=since))
    panel = AnchorMember.objects.filter(Q(joined_at__gt=since) | Q(left_at__gt=since))
    return settled.exists() or panel.exists()


def run_fit(fit: Fit, *, at: datetime) -> Fit:
    """Run the engine over all votes and keep what it finds out; a failure is kept with its reason, not raised."""
    began_s = monotonic()
    fit.state, fit.started_at = Fit.State.RUNNING, at
    _progress(fit, 5)
    try:
        ballots = gather_ballots()
        fit.votes, fit.stories = len(ballots.vote), ballots.n_stories
        _progress(fit, 20)
        with engine.interpreted() if fit.votes <= SMALL_SITE else nullcontext():
            found, evidence = _run_engine(ballots)
        _progress(fit, 80)
        fit.result_digest = _digest(ballots, found, evidence)
        _keep(ballots, found, evidence)
        _log(fit, ballots, at=at)
        fit.state, fit.progress_pct = Fit.State.DONE, 100
    except engine.EngineError as err:
        logger.exception("The full fit %s failed.", fit.pk)
        fit.state, fit.problem = Fit.State.FAILED, str(err)
    fit.ended_at = at + timedelta(seconds=monotonic() - began_s)
    fit.save()
    return fit


def _progress(fit: Fit, pct: int) -> None:
    fit.progress_pct = pct
    fit.save(update_fields=["state", "started_at", "progress_pct", "votes", "stories"])


def _run_engine(ballots: SiteBallots) -> tuple[engine.Publication, engine.Evidence]:
    """The full fit, and all that it went by; probabilities once there are resolved stories enough to calibrate them."""
    evidence = gather_evidence(ballots)
    resolved = evidence.resolved
    if resolved is not None and len(resolved) >= engine.FEWEST_RESOLVED:
        probability = engine.Combined().fit(ballots, resolved).probability_
        evidence = replace(evidence, probability=probability, has_both_sides=engine.find_both_sides(ballots))
    return engine.publish(ballots, evidence), evidence


def _digest(ballots: SiteBallots, found: engine.Publication, evidence: engine.Evidence) -> str:
    """SHA-256 over where each vote counts, every reader's weight level and every story's probability."""
    probability = np.full(ballots.n_stories, np.nan) if evidence.probability is None else evidence.probability
    columns = (ballots.story, ballots.vote, found.place, found.readers.level)
    total = hashlib.sha256(probability.astype("<f8").tobytes())
    for column in columns:
        total.update(column.astype("<i8").tobytes())
    return total.hexdigest()


def _keep(ballots: SiteBallots, found: engine.Publication, evidence: engine.Evidence) -> None:
    """Write down what was found out: of the readers, of the electorate, of the stories. Figures follow from that."""
    readers = found.readers
    settled_from = readers.standing.settled_from_ms
    set_standings(
        {
            reader: Standing(
                level=int(readers.level[number]),
                settled_from_ms=None if settled_from[number] == engine.NEVER else int(settled_from[number]),
                in_lockstep=bool(readers.group[number] >= 0),
            )
            for number, reader in enumerate(ballots.reader_ids)
        }
    )
    mature_ms = None if readers.standing.mature_ms == engine.NEVER else readers.standing.mature_ms
    is_new = set_electorate(mature_ms=mature_ms, has_crowd=readers.has_crowd)
    findings = _findings(ballots, found, evidence)
    stale = Published.objects.all() if is_new else Published.objects.filter(story__in=list(findings))
    place_votes(findings)
    stale.update(is_stale=True)


def _findings(ballots: SiteBallots, found: engine.Publication, evidence: engine.Evidence) -> dict[int, StoryFinding]:
    """What is new, by story: of its votes, support from both sides, probability."""
    votes: dict[int, list[VoteFinding]] = {}
    earned = found.earned
    is_graded_anew = ~((earned.chance == ballots.chance) | (np.isnan(earned.chance) & np.isnan(ballots.chance)))
    for vote in np.flatnonzero((found.place != ballots.place) | is_graded_anew):
        is_graded = not np.isnan(earned.chance[vote])
        finding = VoteFinding(
            row=int(ballots.rows[vote]),
            cast_at_ms=int(ballots.time_ms[vote]),
            place=int(found.place[vote]),
            chance=float(earned.chance[vote]) if is_graded else None,
            was_right=bool(earned.is_right[vote]) if is_graded else None,
        )
        votes.setdefault(int(ballots.story[vote]), []).append(finding)
    known = {
        story: (sides, probability)
        for story, sides, probability in Tally.objects.values_list("story_id", "has_both_sides", "probability")
    }
    findings = {}
    for place, story in enumerate(ballots.story_ids):
        probability = None if evidence.probability is None else float(evidence.probability[place])
        has_both_sides = evidence.has_both_sides is not None and bool(evidence.has_both_sides[place])
        if place in votes or known.get(story) != (has_both_sides, probability):
            findings[story] = StoryFinding(votes.get(place, ()), has_both_sides, probability)
    return findings


def _log(fit: Fit, ballots: SiteBallots, *, at: datetime) -> None:
    """Tell the vote log which engine ran over how many votes, with what result and which panel."""
    panel = ", ".join(AnchorMember.objects.filter(left_at=None).values_list("name", flat=True))
    ledger.record_engine(
        engine=fit.engine_digest,
        parameters={
            "anchors": panel,
            "result": fit.result_digest,
            "version": fit.engine_version,
            "votes": len(ballots.vote),
        },
        at=at,
    )
