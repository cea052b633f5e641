"""Which ticks are believed, and what several sources together say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.markets.makers import NOON, after

from touchstone.markets.gate import Gate, GateRules
from touchstone.markets.ticks import RawTick, Refusal, Tick

LIVE = GateRules(quorum=2)


def offer(
    gate: Gate, price: object, seconds: float, *, source: str = "a", now: float | None = None, symbol: str = "BTC"
):
    return gate.check(RawTick(symbol, price, after(seconds)), source=source, now=after(seconds if now is None else now))


@pytest.fixture
def gate() -> Gate:
    fresh = Gate(["BTC"])
    assert isinstance(offer(fresh, "100", 0), Tick)
    assert fresh.blend("BTC", now=NOON) is not None
    return fresh


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("NaN", Refusal.NOT_FINITE),
        (float("nan"), Refusal.NOT_FINITE),
        (float("inf"), Refusal.NOT_FINITE),
        (Decimal("sNaN"), Refusal.NOT_FINITE),
        ("-Infinity", Refusal.NOT_FINITE),
        (0, Refusal.NOT_POSITIVE),
        ("-1", Refusal.NOT_POSITIVE),
        ("1e-11", Refusal.NOT_POSITIVE),
        ("1e308", Refusal.OUT_OF_RANGE),
        (1e308, Refusal.OUT_OF_RANGE),
        ("1e14", Refusal.OUT_OF_RANGE),
        ("1e999999999", Refusal.OUT_OF_RANGE),
        (None, Refusal.NOT_A_NUMBER),
        (True, Refusal.NOT_A_NUMBER),
        ("", Refusal.NOT_A_NUMBER),
        ("one", Refusal.NOT_A_NUMBER),
        ([100], Refusal.NOT_A_NUMBER),
        ("1000000", Refusal.JUMP),
        ("130", Refusal.JUMP),
        ("75", Refusal.JUMP),
    ],
)
def test_a_bad_price_is_refused_and_changes_nothing(gate: Gate, price: object, reason: Refusal) -> None:
    assert offer(gate, price, 1) is reason
    blend = gate.blend("BTC", now=after(1))
    assert blend is not None
    assert blend.price == 100


@pytest.mark.parametrize(
    ("at", "now", "reason"),
    [
        (-20, 1, Refusal.STALE),
        (10, 1, Refusal.FUTURE),
        (0, 1, Refusal.DUPLICATE),
        (-5, 1, Refusal.OUT_OF_ORDER),
    ],
)
def test_a_tick_out_of_time_is_refused(gate: Gate, at: float, now: float, reason: Refusal) -> None:
    assert offer(gate, "101", at, now=now) is reason


def test_a_tick_without_time_or_zone_is_refused(gate: Gate) -> None:
    assert gate.check(RawTick("BTC", 1, None), source="a", now=NOON) is Refusal.NO_TIME
    assert gate.check(RawTick("BTC", 1, NOON.replace(tzinfo=None)), source="a", now=NOON) is Refusal.NO_TIME


def test_an_unknown_instrument_is_refused(gate: Gate) -> None:
    assert offer(gate, 1, 1, symbol="<script>") is Refusal.UNKNOWN_INSTRUMENT


def test_the_price_is_the_median_of_the_fresh_sources() -> None:
    gate = Gate(["BTC"], rules=LIVE)
    for source, price in (("a", 100), ("b", 101), ("c", 104)):
        offer(gate, price, 0, source=source)
    blend = gate.blend("BTC", now=NOON)
    assert blend is not None
    assert (blend.price, blend.source_count) == (101, 3)


def test_without_a_quorum_there_is_no_price() -> None:
    gate = Gate(["BTC"], rules=LIVE)
    offer(gate, 100, 0, source="a")
    assert gate.blend("BTC", now=NOON) is None
    offer(gate, 100, 1, source="b")
    assert gate.blend("BTC", now=after(1)) is not None
    assert gate.blend("BTC", now=after(13.5)) is None


def test_one_liar_among_three_does_not_move_the_price() -> None:
    gate = Gate(["BTC"], rules=LIVE)
    for second in range(5):
        for source, price in (("a", 100), ("b", 100), ("liar", 115)):
            offer(gate, price, second, source=source)
    blend = gate.blend("BTC", now=after(5))
    assert blend is not None
    assert (blend.price, blend.source_count) == (100, 2)


def test_two_sources_that_contradict_each_other_give_no_price() -> None:
    gate = Gate(["BTC"], rules=LIVE)
    offer(gate, 100, 0, source="a")
    offer(gate, 118, 0, source="b")
    assert gate.blend("BTC", now=NOON) is None


def test_a_new_level_is_believed_once_two_sources_confirm_it(gate: Gate) -> None:
    assert offer(gate, 300, 1, source="a") is Refusal.JUMP
    assert isinstance(offer(gate, 301, 2, source="b"), Tick)
    assert isinstance(offer(gate, 300, 3, source="a"), Tick)
    blend = gate.blend("BTC", now=after(3))
    assert blend is not None
    assert blend.price == Decimal("300.5")


def test_a_lone_source_has_to_hold_a_moderate_new_level_for_ten_minutes(gate: Gate) -> None:
    for second in range(1, 600, 10):
        assert offer(gate, 140, second) is Refusal.JUMP
    assert isinstance(offer(gate, 140, 601), Tick)


@pytest.mark.parametrize("price", [1_000_000, 300, "0.01"])
def test_a_lone_source_never_gets_an_absurd_level_believed(gate: Gate, price: object) -> None:
    assert all(offer(gate, price, second) is Refusal.JUMP for second in range(1, 7200, 10))


def test_a_wandering_lie_does_not_count_as_a_level_that_holds(gate: Gate) -> None:
    prices = [125 if second % 20 == 1 else 150 for second in range(1, 1200, 10)]
    outcomes = [offer(gate, price, second) for price, second in zip(prices, range(1, 1200, 10), strict=True)]
    assert set(outcomes) == {Refusal.JUMP}


def test_after_a_day_of_silence_a_larger_step_is_believed(gate: Gate) -> None:
    day = timedelta(days=1).total_seconds()
    assert offer(gate, 150, 60) is Refusal.JUMP
    assert isinstance(offer(gate, 150, day), Tick)


def test_the_first_tick_after_a_restart_is_compared_with_what_was_believed_before() -> None:
    gate = Gate(["BTC"])
    gate.remember("BTC", price=Decimal(100), at=NOON)
    assert offer(gate, 1_000_000, 30) is Refusal.JUMP
    assert isinstance(offer(gate, 101, 31), Tick)


def test_the_sources_own_change_is_their_median_and_nonsense_is_left_out() -> None:
    gate = Gate(["BTC"])
    for source, change in (("a", "-1.5"), ("b", -1.7), ("c", "NaN"), ("d", "junk"), ("e", 1e300)):
        gate.check(RawTick("BTC", 100, NOON, change_24h_pct=change), source=source, now=NOON)
    blend = gate.blend("BTC", now=NOON)
    assert blend is not None
    assert blend.change_24h_pct == Decimal("-1.6")
