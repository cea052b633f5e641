"""What can go wrong in website; each class is one thing the caller can act on."""


class WebsiteError(Exception):
    """Root of all errors of this package."""
