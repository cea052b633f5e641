"""How near two stories are: by their words, their section, the instruments they name and their age."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WORDS_SHARE = 0.65
MARKETS_SHARE = 0.2
SECTION_SHARE = 0.1
AGE_SHARE = 0.05
AGE_SCALE_DAYS = 14.0
HASHED_WORDS = 2**18


@dataclass(frozen=True, slots=True)
class Document:
    """What a story is compared by."""

    story_id: int
    text: str
    section: str
    markets: frozenset[str]
    published_at: datetime


def rank_neighbours(documents: Sequence[Document], *, limit: int) -> dict[int, list[tuple[int, float]]]:
    """For each story the ids and scores (0 to 1) of its `limit` nearest others, nearest first.

    A score is .65 cosine of TF-IDF words + .2 shared instruments and baskets (Jaccard) + .1 same section
    + .05 exp(-days between them / 14). Ties go to the smaller id.
    """
    if len(documents) < 2:
        return {document.story_id: [] for document in documents}
    words = _weigh_words([document.text for document in documents])
    ranked = {}
    for place, document in enumerate(documents):
        cosines = (words[place] @ words.T).toarray()[0]
        scored = [
            (other.story_id, _mix_scores(document, other, cosine=float(cosines[n])))
            for n, other in enumerate(documents)
            if n != place
        ]
        ranked[document.story_id] = sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:limit]
    return ranked


def _weigh_words(texts: list[str]) -> Any:
    """TF-IDF weights as a sparse matrix, one row of length 1 a text."""
    # Importing scikit-learn takes seconds, which every process that loads the stories would pay at its start.
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    # Hashed words need no vocabulary, so a site whose stories hold only stop words does not fail.
    counts = HashingVectorizer(n_features=HASHED_WORDS, alternate_sign=False, norm=None, stop_words="english")
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts.transform(texts))


def _mix_scores(one: Document, other: Document, *, cosine: float) -> float:
    both, either = one.markets & other.markets, one.markets | other.markets
    days = abs((one.published_at - other.published_at).total_seconds()) / 86_400
    return (
        WORDS_SHARE * cosine
        + MARKETS_SHARE * (len(both) / len(either) if either else 0.0)
        + SECTION_SHARE * (one.section == other.section)
        + AGE_SHARE * math.exp(-days / AGE_SCALE_DAYS)
    )
