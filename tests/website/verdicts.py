"""Makes verdicts from counts, as the engine judges them."""

from __future__ import annotations

from touchstone import engine
from touchstone.trust.queries import PublishedTrust
from touchstone.website.verdicts import Verdict


def verdict(real: int, fake: int) -> Verdict:
    """The verdict on so many votes by unproven, independent readers."""
    return Verdict(PublishedTrust.of(7, engine.plain_basis(real, fake)))
