"""The quality gate: which ticks are believed, and what several sources together say; pure, without I/O.

The bounds and their reasons are in docs/how-to/price-feeds.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from touchstone.markets.ticks import RawTick, Refusal, Tick, read_change, read_price


@dataclass(frozen=True, slots=True)
class GateRules:
    """The bounds of the gate.

    fresh_for       : a tick older than this is stale
    ahead_by        : a tick further ahead of our clock than this is from the future
    max_jump        : largest step from the last believed price, as a fraction of it, after no more than `settled_for`
    settled_for     : after a longer silence the bound widens, up to `max_jump_late` after a day
    max_jump_late   : the widest that bound ever gets
    agreement       : sources whose prices differ by less than this fraction confirm each other
    persists_for    : a lone source's new level, within `max_jump_late`, is believed after it has held this long
    quorum          : fewest fresh sources that must agree before a price is shown
    """

    fresh_for: timedelta = timedelta(seconds=12)
    ahead_by: timedelta = timedelta(seconds=2)
    max_jump: Decimal = Decimal("0.2")
    settled_for: timedelta = timedelta(minutes=10)
    max_jump_late: Decimal = Decimal("0.6")
    agreement: Decimal = Decimal("0.05")
    persists_for: timedelta = timedelta(minutes=10)
    quorum: int = 1


@dataclass(frozen=True, slots=True)
class Blend:
    """What the sources together say: the median of those that are fresh and agree."""

    symbol: str
    price: Decimal
    at: datetime
    source_count: int
    source: str
    change_24h_pct: Decimal | None


@dataclass(slots=True)
class _Level:
    """Where an instrument's price is believed to be, and what contradicts it."""

    price: Decimal | None = None
    at: datetime | None = None
    claims: dict[str, _Claim] = field(default_factory=dict)


@dataclass(slots=True)
class _Claim:
    """A source's repeated statement that the price is somewhere else."""

    price: Decimal
    since: datetime
    last_at: datetime


class Gate:
    """Checks ticks one by one and blends what passed; holds a few numbers per instrument and source."""

    def __init__(self, symbols: Iterable[str], *, rules: GateRules | None = None) -> None:
        self.rules = rules or GateRules()
        self._levels = {symbol: _Level() for symbol in symbols}
        self._ticks: dict[str, dict[str, Tick]] = {symbol: {} for symbol in self._levels}

    def remember(self, symbol: str, *, price: Decimal, at: datetime) -> None:
        """Start from a price believed earlier, so that the first tick after a restart is checked too."""
        if symbol in self._levels:
            self._levels[symbol] = _Level(price=price, at=at)

    def check(self, raw: RawTick, *, source: str, now: datetime) -> Tick | Refusal:
        """The tick if it is good, else why not."""
        if raw.symbol not in self._levels:
            return Refusal.UNKNOWN_INSTRUMENT
        price = read_price(raw.price)
        if isinstance(price, Refusal):
            return price
        problem = self._problem_with_time(raw, source, now)
        if problem is not None:
            return problem
        assert raw.at is not None
        tick = Tick(raw.symbol, price, raw.at, source, read_change(raw.change_24h_pct))
        if not self._is_near(tick):
            return Refusal.JUMP
        self._ticks[raw.symbol][source] = tick
        return tick

    def blend(self, symbol: str, *, now: datetime) -> Blend | None:
        """The median of the fresh sources that agree with it; None without a quorum."""
        fresh = [tick for tick in self._ticks[symbol].values() if now - tick.at <= self.rules.fresh_for]
        if len(fresh) < self.rules.quorum or not fresh:
            return None
        middle = statistics.median(tick.price for tick in fresh)
        agreeing = [tick for tick in fresh if self._agree(tick.price, middle)]
        if len(agreeing) < max(self.rules.quorum, len(fresh) // 2 + 1):
            return None
        price = Decimal(statistics.median(tick.price for tick in agreeing)).quantize(agreeing[0].price)
        at = max(tick.at for tick in agreeing)
        self._levels[symbol].price, self._levels[symbol].at = price, at
        changes = [tick.change_24h_pct for tick in agreeing if tick.change_24h_pct is not None]
        return Blend(
            symbol=symbol,
            price=price,
            at=at,
            source_count=len(agreeing),
            source=", ".join(sorted(tick.source for tick in agreeing)),
            change_24h_pct=Decimal(statistics.median(changes)) if changes else None,
        )

    def _problem_with_time(self, raw: RawTick, source: str, now: datetime) -> Refusal | None:
        if raw.at is None or raw.at.tzinfo is None:
            return Refusal.NO_TIME
        if raw.at > now + self.rules.ahead_by:
            return Refusal.FUTURE
        if raw.at < now - self.rules.fresh_for:
            return Refusal.STALE
        last = self._ticks[raw.symbol].get(source)
        if last is not None and raw.at <= last.at:
            return Refusal.DUPLICATE if raw.at == last.at else Refusal.OUT_OF_ORDER
        return None

    def _is_near(self, tick: Tick) -> bool:
        level = self._levels[tick.symbol]
        if level.price is None or level.at is None:
            return True
        if _distance(tick.price, level.price) <= self._jump_bound(tick.at - level.at):
            level.claims.pop(tick.source, None)
            return True
        self._note_claim(level, tick)
        if self._is_confirmed(level, tick):
            level.price, level.at, level.claims = tick.price, tick.at, {}
            return True
        return False

    def _jump_bound(self, silence: timedelta) -> Decimal:
        if silence <= self.rules.settled_for:
            return self.rules.max_jump
        share_of_day = min(Decimal(1), Decimal(silence.total_seconds()) / 86_400)
        return self.rules.max_jump + (self.rules.max_jump_late - self.rules.max_jump) * share_of_day

    def _note_claim(self, level: _Level, tick: Tick) -> None:
        claim = level.claims.get(tick.source)
        is_continued = (
            claim is not None
            and tick.at - claim.last_at <= self.rules.fresh_for
            and self._agree(tick.price, claim.price)
        )
        if claim is not None and is_continued:
            claim.price, claim.last_at = tick.price, tick.at
        else:
            level.claims[tick.source] = _Claim(price=tick.price, since=tick.at, last_at=tick.at)

    def _is_confirmed(self, level: _Level, tick: Tick) -> bool:
        """Two fresh sources agree on the new level, or one has held a moderate one for long."""
        fresh = [claim for claim in level.claims.values() if tick.at - claim.last_at <= self.rules.fresh_for]
        if sum(self._agree(claim.price, tick.price) for claim in fresh) >= max(2, self.rules.quorum):
            return True
        assert level.price is not None
        has_held = tick.at - level.claims[tick.source].since >= self.rules.persists_for
        is_alone = self.rules.quorum == 1
        return is_alone and has_held and _distance(tick.price, level.price) <= self.rules.max_jump_late

    def _agree(self, price: Decimal, other: Decimal) -> bool:
        return _distance(price, other) < self.rules.agreement


def _distance(price: Decimal, reference: Decimal) -> Decimal:
    """How far apart two prices are, as a fraction of the smaller one: the same for a halving as for a doubling."""
    return abs(price - reference) / min(price, reference)
