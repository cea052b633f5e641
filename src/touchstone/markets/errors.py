"""What can go wrong in markets; each class is one thing the caller can act on."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class MarketsError(Exception):
    """Root of all errors of this package."""


class SourceLost(MarketsError):
    """The connection to a price source broke; try again later."""

    def __init__(self, source: str, detail: str) -> None:
        self.source = source
        self.detail = detail
        super().__init__(f"lost the price source {source}: {detail}")


class UnknownFeed(MarketsError):
    """The setting PRICE_FEED names something that is no feed."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"PRICE_FEED is {name!r}: set it to one of {', '.join(known)}")


class UnknownExchange(MarketsError):
    """An exchange was named that ccxt does not know, or none where one is needed."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name, self.known = name, tuple(known)
        alike = get_close_matches(name, self.known, n=3)
        hint = f" Did you mean {' or '.join(alike)}?" if alike else ""
        super().__init__(
            f"there is no exchange {name!r}.{hint} Take names from docs/how-to/price-providers.md, such as "
            "binance, kraken or coinbase, in PRICE_EXCHANGES or --exchange"
        )


class ExtraMissing(MarketsError):
    """Live prices were asked for but the optional extra is not installed."""

    def __init__(self, extra: str) -> None:
        self.extra = extra
        super().__init__(f"this needs the extra [{extra}]: install touchstone[{extra}], or set PRICE_FEED=simulated")


class PricesUnreadable(MarketsError):
    """A file of prices could not be understood."""

    def __init__(self, source: str, detail: str) -> None:
        self.source = source
        self.detail = detail
        super().__init__(f"{source}: {detail}")


class NoPriceThen(MarketsError):
    """There is no price of the instrument at or shortly before that moment."""

    def __init__(self, symbol: str, at: object) -> None:
        self.symbol = symbol
        self.at = at
        super().__init__(f"no price of {symbol} is known at {at}; import its history or choose a later moment")


class StillInUse(MarketsError):
    """An instrument or basket that stories, prices or others refer to cannot be deleted."""

    def __init__(self, name: str, uses: Sequence[str], *, instead: str) -> None:
        self.name, self.uses, self.instead = name, tuple(uses), instead
        listed = " and ".join(part for part in (", ".join(uses[:-1]), uses[-1]) if part)
        super().__init__(f"{name} cannot be deleted, as it is used by {listed}. {instead}")
