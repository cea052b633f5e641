"""A story's public figures right after a vote, as JSON text that is made once per basis."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache

from touchstone.engine import Basis, StoryTrust, score_basis
from touchstone.votes.ballots import Recorded

KNOWN = 4096
NAMES = tuple(field.name for field in fields(StoryTrust))
# Made once, and no `asdict`, which copies deeply: together they cost a sixth of the scoring itself.
_encode = json.JSONEncoder(separators=(",", ":")).encode


@lru_cache(maxsize=KNOWN)
def _members(basis: Basis) -> str:
    trust = score_basis(basis)
    return _encode({name: getattr(trust, name) for name in NAMES})[1:-1]


def figures_json(story: int, basis: Basis, last_vote_at_ms: int | None) -> str:
    """The story's trust as a JSON object with the same members as GET /api/v1/stories/{id}/trust."""
    last = f'"{moment_text(last_vote_at_ms)}"' if last_vote_at_ms else "null"
    return f'{{"story":{story},{_members(basis)},"last_vote_at":{last}}}'


def answer_json(recorded: Recorded, receipt: str | None) -> str:
    """What the reader is told: the vote as it stands, its receipt's address, and the story's new figures."""
    choice = f'"{recorded.choice}"' if recorded.choice else "null"
    kind = f'"{recorded.kind}"' if recorded.kind else "null"
    address = f'"{receipt}"' if receipt else "null"
    figures = figures_json(recorded.story, recorded.basis, recorded.last_vote_at_ms)
    at = moment_text(recorded.at_ms)
    return f'{{"vote":{choice},"change":{kind},"at":"{at}","receipt":{address},"trust":{figures}}}'


@lru_cache(maxsize=KNOWN)
def moment_text(at_ms: int) -> str:
    """A time in milliseconds as ISO 8601 in UTC, such as 2026-03-02T12:00:00.125Z."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
