"""What can be wrong with a prepared queryset."""

from __future__ import annotations


class StatementError(Exception):
    """Anything that a prepared queryset refuses."""


class NotASlot(StatementError):
    """A value that SQL cannot take in place of another one of its kind."""

    def __init__(self, *, value: object) -> None:
        self.value = value
        super().__init__(
            f"A prepared queryset takes truth values, whole numbers, texts, times and lists of them, not {value!r}; "
            "write the case as a queryset of its own."
        )
