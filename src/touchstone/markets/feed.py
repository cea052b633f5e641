"""The price feed: listens to every source, lets the gate decide, and records what passed once a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connections, transaction

from touchstone.markets import actions, queries
from touchstone.markets.bars import Bar, BarBuilder
from touchstone.markets.errors import SourceLost
from touchstone.markets.gate import Blend, Gate, GateRules
from touchstone.markets.models import Instrument, Interval, Quote
from touchstone.markets.providers import Provider
from touchstone.markets.ticks import RawTick, Refusal

logger = logging.getLogger(__name__)

FLUSH_EVERY_S = 1.0
DRAFT_EVERY = timedelta(seconds=10)
REPORT_EVERY = timedelta(seconds=5)
TIDY_EVERY = timedelta(minutes=1)
PRUNE_EVERY = timedelta(hours=1)
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 15.0


@dataclass(slots=True)
class SourceState:
    """What the feed knows of one source since its last report."""

    name: str
    is_simulated: bool
    is_connected: bool = False
    last_tick_at: datetime | None = None
    accepted: int = 0
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    trouble: str = ""

    def note_refusal(self, reason: Refusal, raw: RawTick) -> None:
        """Count one refused tick and keep it as the latest example."""
        count, _ = self.refused.get(reason, (0, ""))
        self.refused[reason] = (count + 1, str(raw))


@dataclass(slots=True)
class _Due:
    """When the rarer duties were last done."""

    drafts: datetime
    report: datetime
    tidy: datetime
    prune: datetime


class Recorder:
    """Takes ticks from sources and records good ones; synchronous, so that tests and threads can drive it.

    `take` may be called from another thread than `flush`.
    """

    def __init__(self, sources: Iterable[Provider], *, at: datetime, rules: GateRules | None = None) -> None:
        self.sources = {each.name: SourceState(each.name, each.is_simulated) for each in sources}
        self._is_simulated = any(state.is_simulated for state in self.sources.values())
        self._instruments = {each.symbol: each for each in Instrument.objects.filter(is_active=True)}
        self._roster, self.is_outdated = queries.roster(), False
        self._gate = Gate(self._instruments, rules=rules)
        self._builders = {symbol: BarBuilder(Interval.MINUTE) for symbol in self._instruments}
        self._recorded: dict[str, datetime] = {}
        self._silent: set[str] = set()
        self._references: dict[int, float] = {}
        self._due = _Due(at, at, at - TIDY_EVERY, at)
        self._remember_quotes(at)

    @property
    def symbols(self) -> list[str]:
        """The instruments that are recorded."""
        return list(self._instruments)

    def _remember_quotes(self, at: datetime) -> None:
        for quote in Quote.objects.select_related("instrument"):
            symbol = quote.instrument.symbol
            self._recorded[symbol] = quote.as_of
            if quote.is_simulated == self._is_simulated:
                self._gate.remember(symbol, price=quote.price, at=quote.as_of)
        self._note_silence(at)

    def take(self, source: str, batch: Sequence[RawTick], *, now: datetime) -> None:
        """Check a batch of ticks and remember the good ones until the next flush."""
        state = self.sources[source]
        for raw in batch:
            outcome = self._gate.check(raw, source=source, now=now)
            if isinstance(outcome, Refusal):
                state.note_refusal(outcome, raw)
            else:
                state.accepted += 1
                state.last_tick_at = outcome.at
                state.trouble = ""

    def flush(self, *, now: datetime) -> None:
        """Record the new prices, finished bars, silences and, when due, reports; one transaction."""
        with transaction.atomic():
            self._refresh_references(now)
            blends = self._new_blends(now)
            actions.record_blends(
                blends, is_simulated=self._is_simulated, references=self._references, instruments=self._instruments
            )
            self._record_bars(blends, now)
            fell_silent = self._note_silence(now)
            self._end_silence(blends)
            if self._touches_ticker(blends) or fell_silent:
                actions.announce_ticker(at=now)
            self._do_what_is_due(now)
        for blend in blends:
            self._recorded[blend.symbol] = blend.at

    def _new_blends(self, now: datetime) -> list[Blend]:
        found = (self._gate.blend(symbol, now=now) for symbol in self._instruments)
        return [blend for blend in found if blend is not None and self._is_newer(blend)]

    def _is_newer(self, blend: Blend) -> bool:
        recorded = self._recorded.get(blend.symbol)
        return recorded is None or blend.at > recorded

    def _refresh_references(self, now: datetime) -> None:
        if now - self._due.tidy >= TIDY_EVERY:
            self._references = queries.closes_at(now - timedelta(days=1))

    def _record_bars(self, blends: list[Blend], now: datetime) -> None:
        finished: list[tuple[str, Bar]] = []
        for blend in blends:
            bar = self._builders[blend.symbol].add(float(blend.price), blend.at.timestamp())
            if bar is not None:
                finished.append((blend.symbol, bar))
        if now - self._due.drafts >= DRAFT_EVERY:
            self._due.drafts = now
            drafts = ((symbol, builder.current) for symbol, builder in self._builders.items())
            finished.extend((symbol, bar) for symbol, bar in drafts if bar is not None)
        for symbol, bar in finished:
            actions.store_bars(
                self._instruments[symbol], [bar], interval_s=Interval.MINUTE, is_simulated=self._is_simulated
            )

    def _note_silence(self, now: datetime) -> bool:
        """Open a gap for each instrument that has become stale; whether any in the ticker has."""
        fell_silent = False
        for symbol, as_of in self._recorded.items():
            if symbol in self._instruments and symbol not in self._silent and queries.is_stale(as_of, at=now):
                self._silent.add(symbol)
                actions.open_gap(self._instruments[symbol], at=as_of)
                fell_silent = fell_silent or self._instruments[symbol].ticker_place is not None
        return fell_silent

    def _end_silence(self, blends: list[Blend]) -> None:
        for blend in blends:
            if blend.symbol in self._silent:
                self._silent.discard(blend.symbol)
                actions.close_gap(self._instruments[blend.symbol], at=blend.at)

    def _touches_ticker(self, blends: list[Blend]) -> bool:
        return any(self._instruments[blend.symbol].ticker_place is not None for blend in blends)

    def _do_what_is_due(self, now: datetime) -> None:
        due = self._due
        if now - due.report >= REPORT_EVERY:
            due.report = now
            self.report(now=now)
            self.is_outdated = queries.roster() != self._roster
        if now - due.tidy >= TIDY_EVERY:
            for instrument in self._instruments.values():
                actions.roll_up_history(instrument, since=due.tidy, until=now)
            actions.forget_messages(at=now)
            due.tidy = now
        if now - due.prune >= PRUNE_EVERY:
            due.prune = now
            actions.forget_history(at=now)

    def report(self, *, now: datetime) -> None:
        """Write how each source is doing and start counting anew."""
        for state in self.sources.values():
            actions.report_source(
                state.name,
                at=now,
                is_simulated=state.is_simulated,
                is_connected=state.is_connected,
                last_tick_at=state.last_tick_at,
                accepted=state.accepted,
                refused=state.refused,
                trouble=state.trouble,
            )
            state.accepted, state.refused = 0, {}


async def run_feed(
    providers: Sequence[Provider],
    *,
    rules: GateRules | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Listen to all providers and record, until cancelled or until the instruments have changed at the desk.

    One process of a site does this. When it returns, choose the feed anew and call it again.
    """
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed-database")
    loop = asyncio.get_running_loop()
    recorder = await loop.run_in_executor(pool, lambda: Recorder(providers, at=clock(), rules=rules))
    listeners = [asyncio.create_task(_listen(each, recorder, clock)) for each in providers]
    try:
        while not recorder.is_outdated:
            await loop.run_in_executor(pool, _flush_safely, recorder, clock())
            await asyncio.sleep(FLUSH_EVERY_S)
    finally:
        for task in listeners:
            task.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
        await loop.run_in_executor(pool, connections.close_all)
        pool.shutdown()


def _flush_safely(recorder: Recorder, now: datetime) -> None:
    """One flush; a database that is away for a while costs prices, not the feed."""
    close_old_connections()
    try:
        recorder.flush(now=now)
    except DatabaseError:
        logger.exception("could not record prices; trying again in %s s", FLUSH_EVERY_S)


async def _listen(provider: Provider, recorder: Recorder, clock: Callable[[], datetime]) -> None:
    """Pass a provider's ticks on, connecting again for ever, ever more slowly while it fails at once."""
    state: Any = recorder.sources[provider.name]
    retry_s = FIRST_RETRY_S
    while True:
        try:
            async with aclosing(provider.ticks(recorder.symbols)) as batches:
                async for batch in batches:
                    state.is_connected = True
                    retry_s = FIRST_RETRY_S
                    recorder.take(provider.name, batch, now=clock())
            state.trouble = "the source ended"
        except SourceLost as err:
            state.trouble = err.detail
            logger.warning("%s; trying again in %s s", err, retry_s)
        state.is_connected = False
        await asyncio.sleep(retry_s)
        retry_s = min(2 * retry_s, LONGEST_RETRY_S)
