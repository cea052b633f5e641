"""Everything that can go wrong while fetching from outside, one class per thing a caller can act on."""

from __future__ import annotations


class NetError(Exception):
    """Root of all errors of this package."""


class UrlRefused(NetError):
    """The address was refused before any name was looked up."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"refused to fetch {url!r}: {reason}")


class AddressRefused(NetError):
    """The host name leads only to addresses that must not be reached from here."""

    def __init__(self, host: str, addresses: tuple[str, ...], reason: str) -> None:
        self.host = host
        self.addresses = addresses
        self.reason = reason
        shown = ", ".join(addresses) or "no address"
        super().__init__(
            f"refused to connect to {host!r} ({shown}): {reason}; "
            "if this is your own machine, permit its exact address and port"
        )


class NameNotFound(NetError):
    """The host name could not be resolved."""

    def __init__(self, host: str, detail: str) -> None:
        self.host = host
        self.detail = detail
        super().__init__(f"no address found for {host!r} ({detail}); check the spelling and the network")


class TooManyRedirects(NetError):
    """The server kept sending us elsewhere."""

    def __init__(self, url: str, limit: int) -> None:
        self.url = url
        self.limit = limit
        super().__init__(f"{url!r} redirected more than {limit} times; use the final address instead")


class BodyTooLarge(NetError):
    """The body, after decompression, is larger than the caller allows."""

    def __init__(self, url: str, limit_bytes: int) -> None:
        self.url = url
        self.limit_bytes = limit_bytes
        super().__init__(f"{url!r} sent more than {limit_bytes} bytes; raise the limit only if you trust the source")


class BodyUnreadable(NetError):
    """The body's encoding is unknown or broken."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"could not read the body of {url!r}: {reason}")


class FetchTimedOut(NetError):
    """The whole exchange took longer than the caller allows."""

    def __init__(self, url: str, limit_s: float) -> None:
        self.url = url
        self.limit_s = limit_s
        super().__init__(f"{url!r} did not answer fully within {limit_s:g} s; try again later")


class FetchFailed(NetError):
    """The connection or the protocol broke."""

    def __init__(self, url: str, detail: str) -> None:
        self.url = url
        self.detail = detail
        super().__init__(f"could not fetch {url!r}: {detail}")
