"""Notes which query keys a view looks at, so that unknown ones neither defeat nor fill the ready pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict

from touchstone.website.pages.ready import ALL_KEYS

BAKING_FLAG = "touchstone.query_keys"


class NotingQuery(QueryDict):
    """A query that remembers which keys were asked for; reading it as a whole counts as all of them."""

    noted: set[str]

    def __init__(self, query_string: str, noted: set[str]) -> None:
        super().__init__(query_string)
        self.noted = noted

    def __getitem__(self, key: Any) -> Any:
        self.noted.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.noted.add(str(key))
        return super().__contains__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """The last value of a key."""
        self.noted.add(key)
        return super().get(key, default)

    def getlist(self, key: Any, default: Any = None) -> Any:
        """All values of a key."""
        self.noted.add(key)
        return super().getlist(key, default)

    def __iter__(self) -> Iterator[Any]:
        self.noted.add(ALL_KEYS)
        return super().__iter__()

    def items(self) -> Any:
        """All keys with their last values."""
        self.noted.add(ALL_KEYS)
        return super().items()

    def lists(self) -> Any:
        """All keys with all their values."""
        self.noted.add(ALL_KEYS)
        return super().lists()

    def copy(self) -> Any:
        """A changeable copy."""
        self.noted.add(ALL_KEYS)
        return QueryDict(super().urlencode(), mutable=True)

    def urlencode(self, safe: Any = None) -> str:
        """The query as text."""
        self.noted.add(ALL_KEYS)
        return super().urlencode(safe)


class NoteQueryKeys:
    """Middleware that fills the baker's set of query keys; does nothing on any other request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request."""
        noted = request.META.get(BAKING_FLAG)
        if noted is not None:
            request.GET = NotingQuery(request.META.get("QUERY_STRING", ""), noted)  # type: ignore[assignment]
        return self.get_response(request)
