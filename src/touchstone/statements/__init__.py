"""Querysets whose SQL is written once and then runs again and again with other values."""

from touchstone.statements.compiled import prepared
from touchstone.statements.errors import NotASlot, StatementError

__all__ = ["NotASlot", "StatementError", "prepared"]
