"""Makes verdicts from counts, as the engine judges them."""

from __future__ import annotations

from touchstone import engine
from touchstone.trust.queries import PublishedTrust
from touchstone.website.verdicts import Verdict


def verdict(real: int, fake: int) -> Verdict:
    """The verdict on so many votes by unproven, independent readers."""
    scored = engine.score_tally(real, fake)
    fields = ("real", "fake", "share", "index", "low", "high", "probability", "confidence", "label")
    more = ("attack_price", "effective_votes", "discounted")
    values = {name: getattr(scored, name) for name in (*fields, *more)}
    return Verdict(PublishedTrust(story=7, last_vote_at=None, **values))
