"""What can go wrong in wire; each class is one thing the caller can act on."""


class WireError(Exception):
    """Root of all errors of this package."""
