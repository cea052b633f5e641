"""What the booth asks of a database: a few statements, explicit transactions, and two kinds of failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

BUSY_S = 10.0
Rows = Callable[[], list[tuple[Any, ...]]]


class StoreLost(Exception):
    """The database cannot be used just now; nothing of the current transaction was kept."""


class RowsRefused(Exception):
    """The database refuses a row: a story or version that is gone, or a key that another process just used."""


class Store(ABC):
    """One connection. Statements name parameters %s, lists %ints and %uuids, and lists of (int, UUID) %pairs."""

    @abstractmethod
    def begin(self) -> None:
        """Start a transaction that may write. Raises StoreLost."""

    @abstractmethod
    def commit(self) -> None:
        """Make the transaction durable. Raises StoreLost or RowsRefused; then nothing was kept."""

    @abstractmethod
    def rollback(self) -> None:
        """Forget the transaction; never raises."""

    @abstractmethod
    def ask(self, sql: str, *parameters: Any) -> Rows:
        """Send a query; calling what comes back gives its rows. Both raise StoreLost or RowsRefused."""

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises StoreLost or RowsRefused."""
        return self.ask(sql, *parameters)()

    @abstractmethod
    def write(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for every row. Raises StoreLost or RowsRefused."""

    def together(self) -> AbstractContextManager[None]:
        """Inside, writes may be sent without waiting for each; what they raise comes at the end at the latest."""
        return nullcontext()

    @abstractmethod
    def lock_tallies(self, stories: Sequence[int]) -> None:
        """Let no other booth count votes of these stories before this transaction ends."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    @abstractmethod
    def text_id(self, value: Any) -> str:
        """A UUID as it comes out of this database, as 32 hex digits."""

    @abstractmethod
    def moment(self, at_ms: int) -> Any:
        """A time as this database's Django columns take it."""

    @abstractmethod
    def read_moment(self, value: Any) -> int | None:
        """A time as it comes out of this database's Django columns, in milliseconds."""
