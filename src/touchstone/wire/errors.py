"""What can go wrong in wire; each class is one thing the caller can act on."""


class WireError(Exception):
    """Root of all errors of this package."""


class NotAFeed(WireError):
    """What came from a feed's address is not a feed."""

    def __init__(self, url: str, *, reason: str) -> None:
        self.url, self.reason = url, reason
        super().__init__(f"{url} did not answer with an RSS or Atom feed ({reason}); check the address.")


class FeedAnswered(WireError):
    """A feed's server answered with an error status."""

    def __init__(self, url: str, *, status: int) -> None:
        self.url, self.status = url, status
        super().__init__(f"{url} answered with status {status}; it is tried again at the next turn.")
