"""How long one more vote on a site with 1 M votes takes to change its story's figures, without a refit."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from touchstone.cli.bench import write_votes
from touchstone.engine import publish, read_ballots, score_story


def measure() -> dict[str, Any]:
    """Milliseconds of `score_story` on 100 stories spread over the site, the busiest among them."""
    with tempfile.TemporaryDirectory() as folder:
        write_votes(Path(folder, "votes.csv"), 1_000_000)
        ballots = read_ballots(Path(folder, "votes.csv"))
    readers = publish(ballots).readers
    sizes = np.diff(ballots.story_starts)
    chosen = np.argsort(sizes)[np.linspace(0, len(sizes) - 1, 100).astype(int)]
    taken = []
    for story in [chosen[0], *chosen]:
        rows = slice(ballots.story_starts[story], ballots.story_starts[story + 1])
        started = time.perf_counter()
        score_story(readers, ballots.reader[rows], ballots.vote[rows], ballots.time_ms[rows])
        taken.append(1000 * (time.perf_counter() - started))
    milliseconds = np.array(taken[1:])
    return {
        "votes": ballots.n_votes,
        "busiest_story_votes": int(sizes.max()),
        "median_ms": float(np.median(milliseconds)),
        "slowest_ms": float(milliseconds.max()),
    }
