"""Live prices against an exchange on loopback that lies, stalls and goes away."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime

import pytest
from tests.markets.exchange_process import ExchangePeer, running_exchange

from touchstone.markets.errors import ExtraMissing, SourceLost, UnknownExchange
from touchstone.markets.gate import Gate
from touchstone.markets.providers import exchange as module
from touchstone.markets.providers.exchange import ExchangePrices
from touchstone.markets.ticks import RawTick, Refusal, Tick


@pytest.fixture(scope="module")
def shared():
    with running_exchange("BTC,ETH") as peer:
        yield peer


@pytest.fixture
def peer(shared: ExchangePeer, monkeypatch: pytest.MonkeyPatch) -> ExchangePeer:
    monkeypatch.setattr(module, "SILENCE_S", 60.0)  # a busy machine must not pass for a silent exchange
    monkeypatch.setattr(module, "REST_EVERY_S", 0.3)
    monkeypatch.setattr(module, "REST_LASTS_S", 0.9)
    monkeypatch.setattr(module, "TIMEOUT_MS", 10_000)
    if shared.process is None:
        shared.start()
    shared.control(mode="honest", factor=1.0)
    return shared


def listen(peer: ExchangePeer, until: Callable[[list[RawTick]], bool], *, then: Callable[[], None] = lambda: None):
    """Ticks until a condition holds; `then` is called after the first batch."""

    async def run() -> list[RawTick]:
        found: list[RawTick] = []
        ticks = ExchangePrices("binance", adjust=peer.adjust).ticks(["BTC", "ETH"])
        try:
            async for batch in ticks:
                if not found:
                    then()
                found += batch
                if until(found):
                    return found
        finally:
            await ticks.aclose()
        return found

    return asyncio.run(asyncio.wait_for(run(), timeout=300))


@pytest.mark.parametrize("mode", ["lie", "stale", "future"])
def test_no_bad_tick_of_a_misbehaving_exchange_passes_the_gate(peer: ExchangePeer, mode: str) -> None:
    gate = Gate(["BTC", "ETH"])
    honest = listen(peer, lambda found: len(found) >= 4)
    for raw in honest:
        gate.check(raw, source="binance", now=raw.at)
    gate.blend("BTC", now=honest[-1].at)
    gate.blend("ETH", now=honest[-1].at)
    peer.control(mode=mode)
    bad = listen(peer, lambda found: len(found) >= 12)
    now = datetime.now(UTC)
    outcomes = [gate.check(raw, source="binance", now=now) for raw in bad]
    assert all(isinstance(outcome, Refusal) for outcome in outcomes)


def test_a_price_times_ten_thousand_is_refused(peer: ExchangePeer) -> None:
    gate = Gate(["BTC", "ETH"])
    for raw in listen(peer, lambda found: len(found) >= 4):
        assert raw.at is not None
        if isinstance(gate.check(raw, source="binance", now=raw.at), Tick):
            gate.blend(raw.symbol, now=raw.at)
    peer.control(factor=10_000)
    for raw in listen(peer, lambda found: len(found) >= 8):
        assert gate.check(raw, source="binance", now=datetime.now(UTC)) in {Refusal.JUMP, Refusal.DUPLICATE}


def test_repeated_and_reordered_stamps_are_refused_after_the_first(peer: ExchangePeer) -> None:
    gate = Gate(["BTC", "ETH"])
    peer.control(mode="duplicate")
    raws = listen(peer, lambda found: len(found) >= 8)
    outcomes = [gate.check(raw, source="binance", now=datetime.now(UTC)) for raw in raws]
    assert Refusal.DUPLICATE in outcomes
    stamps = [outcome.at for outcome in outcomes if isinstance(outcome, Tick) and outcome.symbol == "BTC"]
    assert stamps == sorted(set(stamps))


def test_a_cut_connection_is_made_again(peer: ExchangePeer) -> None:
    def cut() -> None:
        peer.control(mode="disconnect")
        peer.control(mode="honest")

    ticks = listen(peer, lambda found: len(found) >= 12, then=cut)
    assert len(ticks) >= 12


def test_an_exchange_that_falls_silent_is_lost_and_comes_back(
    peer: ExchangePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_silent() -> None:
        peer.control(mode="stall")
        monkeypatch.setattr(module, "SILENCE_S", 1.0)

    with pytest.raises(SourceLost, match="binance"):
        listen(peer, lambda found: False, then=fall_silent)
    monkeypatch.setattr(module, "SILENCE_S", 60.0)
    peer.control(mode="honest")
    assert listen(peer, lambda found: len(found) >= 2)


def test_a_killed_exchange_is_lost_and_comes_back(peer: ExchangePeer) -> None:
    with pytest.raises(SourceLost):
        listen(peer, lambda found: False, then=peer.kill)
    peer.start()
    assert listen(peer, lambda found: len(found) >= 2)


def test_an_exchange_without_our_instruments_says_so(peer: ExchangePeer) -> None:
    async def run() -> None:
        async for _ in ExchangePrices("binance", adjust=peer.adjust).ticks(["NOPE"]):
            pass

    with pytest.raises(SourceLost, match="none of our instruments"):
        asyncio.run(asyncio.wait_for(run(), timeout=300))


def test_an_unknown_exchange_is_named() -> None:
    with pytest.raises(UnknownExchange, match="Did you mean binance"):
        ExchangePrices("binence")
    with pytest.raises(UnknownExchange, match="no-such-exchange"):
        ExchangePrices("no-such-exchange")


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_ccxt(name: str, *args: object, **kwargs: object):
        if name.startswith("ccxt"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without_ccxt)
    with pytest.raises(ExtraMissing, match=r"touchstone\[live\]"):
        ExchangePrices("binance")


def test_a_flood_does_not_fall_silent() -> None:
    symbols = [f"C{number:02}" for number in range(50)]

    async def run(peer: ExchangePeer) -> int:
        batches = 0
        async with aclosing(ExchangePrices("binance", adjust=peer.adjust).ticks(symbols)) as ticks:
            async for _ in ticks:
                batches += 1
                if peer.control()["sent"] > 12_000:
                    return batches
        return batches

    with running_exchange(",".join(symbols), rate=60) as peer:
        assert asyncio.run(asyncio.wait_for(run(peer), timeout=300)) > 5
        assert peer.control()["clients"] <= 1
