"""Where a verifier reads a publisher's log from: a folder, or the publisher's own address."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from touchstone.transparency import DirectoryStore, MissingResource, Store

TIMEOUT_S = 30.0
MAX_BYTES = 64 * 1024 * 1024


class UrlStore:
    """A log's files under an http(s) address; redirects to another scheme than http(s) are refused by urllib."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.rstrip("/")

    def read(self, path: str) -> bytes:
        """The file's bytes. Raises MissingResource."""
        url = f"{self.prefix}/{path}"
        request = urllib.request.Request(url, headers={"User-Agent": "touchstone-verify"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                body: bytes = answer.read(MAX_BYTES + 1)
        except urllib.error.HTTPError as err:
            err.close()
            raise MissingResource(path=url, detail=f"status {err.code}") from err
        except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as err:
            raise MissingResource(path=url, detail=str(err)) from err
        if len(body) > MAX_BYTES:
            raise MissingResource(path=url, detail=f"it is larger than {MAX_BYTES} bytes")
        return body


def find_store(source: str) -> Store:
    """The files of a site's logs: a folder written by `ledger export`, a site's address, or its /log/ address.

    Raises MissingResource.
    """
    if not source.startswith(("http://", "https://")):
        return DirectoryStore(Path(source))
    candidates = [UrlStore(source), UrlStore(source.rstrip("/") + "/log")]
    return next((store for store in candidates if _has_log(store.read)), candidates[0])


def _has_log(read: Callable[[str], bytes]) -> bool:
    for path in ("logs", "checkpoint"):
        try:
            head = read(path)
        except MissingResource:
            continue
        if head and not head.lstrip().startswith(b"<"):
            return True
    return False
