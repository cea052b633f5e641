"""Estimators from two counts, against hand-worked cases."""

from __future__ import annotations

import pytest

from touchstone.engine import Laplace, MajorityOdds, Share


def test_share_is_real_over_all() -> None:
    assert Share().from_counts(3, 1) == 0.75
    assert Share().from_counts(0, 4) == 0.0


def test_laplace_adds_one_vote_to_each_side() -> None:
    assert Laplace().from_counts(3, 1) == pytest.approx(4 / 6)


def test_majority_odds_of_one_vote_are_three_to_one() -> None:
    assert MajorityOdds().from_counts(1, 0) == pytest.approx(0.75, abs=1e-12)
    assert MajorityOdds().from_counts(3, 0) == pytest.approx(15 / 16, abs=1e-12)
    assert MajorityOdds().from_counts(2, 2) == pytest.approx(0.5, abs=1e-12)
