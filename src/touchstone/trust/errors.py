"""What can go wrong in trust; each class is one thing the caller can act on."""


class TrustError(Exception):
    """Root of all errors of this package."""
