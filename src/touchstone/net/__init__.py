"""The only outbound HTTP: timeouts, byte caps, redirect and private-address guard."""

from touchstone.net.addresses import refusal
from touchstone.net.client import Answer, Limits, Request, fetch
from touchstone.net.errors import (
    AddressRefused,
    BodyTooLarge,
    BodyUnreadable,
    FetchFailed,
    FetchTimedOut,
    NameNotFound,
    NetError,
    TooManyRedirects,
    UrlRefused,
)
from touchstone.net.guard import Endpoint, Guard, resolve_name

__all__ = [
    "AddressRefused",
    "Answer",
    "BodyTooLarge",
    "BodyUnreadable",
    "Endpoint",
    "FetchFailed",
    "FetchTimedOut",
    "Guard",
    "Limits",
    "NameNotFound",
    "NetError",
    "Request",
    "TooManyRedirects",
    "UrlRefused",
    "fetch",
    "refusal",
    "resolve_name",
]
