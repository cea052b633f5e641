"""What can go wrong in front of Django."""

from __future__ import annotations


class EdgeError(Exception):
    """A request that the edge answers itself; carries the answer's status and code."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        self.status, self.code, self.message, self.retry_after_s = status, code, message, retry_after_s
        super().__init__(message)


class BodyTooLarge(EdgeError):
    """The request's body is over the limit for its address."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, "body_too_large", f"The body is over {limit:,} bytes: send less.")


class BodyTooSlow(EdgeError):
    """The request's body did not arrive in time."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(408, "body_too_slow", f"The body took over {limit_s:.0f} s to arrive: try again.")


class ClientGone(EdgeError):
    """The client closed the connection before its request was complete."""

    def __init__(self) -> None:
        super().__init__(400, "client_gone", "The connection was closed before the request was complete.")


class HostRefused(EdgeError):
    """The Host header names none of this site's hosts."""

    def __init__(self) -> None:
        super().__init__(400, "host_refused", "This server does not answer for that host: see ALLOWED_HOSTS.")


class PathRefused(EdgeError):
    """The path holds something that no address of ours holds."""

    def __init__(self) -> None:
        super().__init__(400, "path_refused", "The path holds dot segments, backslashes or control characters.")


class Overloaded(EdgeError):
    """Too many requests are waiting for Django."""

    def __init__(self) -> None:
        super().__init__(503, "overloaded", "Too many requests at once: try again in a moment.", retry_after_s=2)


class WrongMethod(EdgeError):
    """The address is there, but not for this method."""

    def __init__(self) -> None:
        super().__init__(405, "wrong_method", "This address takes GET only.")
