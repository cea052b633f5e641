"""What can go wrong in stories; each class is one thing the caller can act on."""


class StoriesError(Exception):
    """Root of all errors of this package."""
