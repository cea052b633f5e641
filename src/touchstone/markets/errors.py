"""What can go wrong in markets; each class is one thing the caller can act on."""


class MarketsError(Exception):
    """Root of all errors of this package."""
