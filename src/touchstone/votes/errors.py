"""What can go wrong in votes; each class is one thing the caller can act on."""


class VotesError(Exception):
    """Root of all errors of this package."""
