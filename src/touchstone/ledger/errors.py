"""What can go wrong in ledger; each class is one thing the caller can act on."""


class LedgerError(Exception):
    """Root of all errors of this package."""
