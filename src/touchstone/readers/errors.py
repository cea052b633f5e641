"""What can go wrong in readers; each class is one thing the caller can act on."""


class ReadersError(Exception):
    """Root of all errors of this package."""
