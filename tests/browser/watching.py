"""Watches a page for what must never happen: messages on the console, errors, requests to other hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_core_python
from playwright.sync_api import Page

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
PATIENCE_MS = 60_000  # for one step on a busy machine; a quiet one takes none of it
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(slots=True)
class Watch:
    """What a page did that it should not have done, and how many bytes it took by kind of resource."""

    troubles: list[str] = field(default_factory=list)
    bytes_by_kind: dict[str, int] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Bytes over the wire without pictures and streams."""
        return sum(size for kind, size in self.bytes_by_kind.items() if kind not in {"image", "eventsource"})


def watch(page: Page, origin: str) -> Watch:
    """Start watching; call it before the page is opened."""
    seen, host = Watch(), urlsplit(origin).netloc

    def requested(request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != host:
            seen.troubles.append(f"asked another host: {request.url}")

    def finished(request: Any) -> None:
        sizes = request.sizes()
        kind = request.resource_type
        seen.bytes_by_kind[kind] = seen.bytes_by_kind.get(kind, 0) + sizes["responseBodySize"]

    def said(message: Any) -> None:
        # Chromium's hints on how to lay out password forms come as "verbose".
        if message.type != "verbose":
            seen.troubles.append(f"console {message.type}: {message.text} {message.location['url']}")

    page.on("request", requested)
    page.on("requestfinished", finished)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.troubles.append(f"error: {error}"))
    return seen


def violations(page: Page, part: str = "html") -> list[str]:
    """What axe finds wrong with the page, or a part of it, once it has loaded: rule and first place.

    After a press that leads to another page, wait for that page first (`expect_navigation`).
    """
    page.wait_for_load_state("load")
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": AXE})
    found = page.evaluate("([part, options]) => axe.run(part, options)", [part, RULES])["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary']}" for each in found]
