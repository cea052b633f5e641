"""Numbers, times and verdicts as readers see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.website.verdicts import verdict

from touchstone.website import moments, numbers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"), [("1564.67", "$1,564.67"), ("58633.77", "$58,633.77"), ("-3.005", "−$3.01"), ("0.5", "$0.50")]
)
def test_prices_have_their_sign_thousands_and_cents(value: str, text: str) -> None:
    assert numbers.price(Decimal(value)) == text


def test_a_currency_without_a_sign_stands_behind_the_number() -> None:
    assert numbers.price(Decimal("12.5"), currency="CHF") == "12.50 CHF"


@pytest.mark.parametrize(
    ("value", "text"), [("-0.36", "−0.36 %"), ("1.2", "+1.20 %"), ("0", "0.00 %"), ("-0.001", "0.00 %")]
)
def test_changes_carry_a_true_minus_and_never_a_minus_zero(value: str, text: str) -> None:
    assert numbers.signed_percent(Decimal(value)) == text


def test_an_unknown_change_is_a_dash() -> None:
    assert numbers.signed_percent(None) == "–"


def test_a_share_never_says_all_while_one_reader_disagrees() -> None:
    assert numbers.share_pct(999, 1) == 99
    assert numbers.share_pct(1, 999) == 1
    assert numbers.share_pct(15, 1) == 94
    assert numbers.share_pct(0, 0) == 0


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=3, minutes=59), "3 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=7), "16 November 2026"),
    ],
)
def test_ages_are_told_in_the_largest_whole_unit(age: timedelta, words: str) -> None:
    assert moments.ago(NOON - age, NOON) == words


def test_fifteen_of_sixteen_reads_as_the_design_says() -> None:
    shown = verdict(15, 1)
    assert shown.share_text == "94 % Real"
    assert shown.shares_text == "94 % Real / 6 % Fake"
    assert shown.label_text == "Verified"
    assert shown.confidence_text == "Moderate confidence"
    assert shown.signals_text == "16 community signals"
    assert shown.index_text == "89"
    assert shown.interval_text == "71–99"
    assert shown.change_text == "1 vote would change this label"


def test_too_few_votes_show_how_many_are_missing_and_no_label() -> None:
    shown = verdict(6, 1)
    assert shown.gathering_text == "Gathering votes: 7 of 10"
    assert shown.change_text == ""
    assert not any(held for _, _, held in shown.steps)


def test_a_story_without_votes_shows_no_shares() -> None:
    assert verdict(0, 0).shares_text == "No votes yet"
