"""Made-up votes for `touchstone bench`, written by a process of its own: n/20 readers, n/40 stories, Zipf-like."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def write_votes(path: Path, votes: int) -> None:
    """A CSV of made-up votes; the same for the same number."""
    import pyarrow
    import pyarrow.csv

    story, reader, vote, time_ms = make_votes(votes, np.random.default_rng(votes))
    table = pyarrow.table({"story": story, "reader": reader, "vote": vote, "time": time_ms})
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="none"))


def make_votes(votes: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns story, reader, vote and time of that many votes, no pair twice, in order of time."""
    readers, stories = max(2, votes // 20), max(2, votes // 40)
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < votes:
        missing = votes - len(pairs)
        draws = draw_zipf(stories, missing + missing // 4, 0.6, rng) * readers
        draws += draw_zipf(readers, len(draws), 0.8, rng)
        pairs = sort_distinct(np.concatenate([pairs, draws]))
    pairs = rng.permutation(pairs)[:votes]
    story, reader = pairs // readers, pairs % readers
    is_real, lean = rng.random(stories) < 0.6, rng.normal(0.0, 0.7, stories)
    skill, viewpoint = rng.normal(1.0, 0.7, readers), rng.normal(0.0, 1.0, readers)
    log_odds = np.where(is_real, 1.0, -1.0)[story] * skill[reader] + lean[story] * viewpoint[reader]
    vote = (rng.logistic(size=votes) < log_odds).astype(np.int8)
    return story, reader, vote, 1_700_000_000_000 + np.sort(rng.integers(0, 180 * 86_400_000, votes))


def sort_distinct(numbers: np.ndarray) -> np.ndarray:
    """The distinct numbers, ascending, by sorting them in place; np.unique takes twenty times as long over millions."""
    numbers.sort()
    return numbers[np.append(True, numbers[1:] != numbers[:-1])]


def draw_zipf(count: int, draws: int, power: float, rng: np.random.Generator) -> np.ndarray:
    """Numbers below `count`, number k about as often as (k + 1)^−power."""
    top = (count + 1.0) ** (1.0 - power)
    drawn = (1.0 + rng.random(draws) * (top - 1.0)) ** (1.0 / (1.0 - power))
    return np.minimum(drawn.astype(np.int64) - 1, count - 1)


if __name__ == "__main__":
    write_votes(Path(sys.argv[1]), int(sys.argv[2]))
