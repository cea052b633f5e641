"""What can go wrong in api; each class is one thing the caller can act on."""


class ApiError(Exception):
    """Root of all errors of this package."""
