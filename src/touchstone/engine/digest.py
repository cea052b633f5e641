"""The engine's identity: a digest of its code, which its parameters are part of, to publish beside every figure."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ENGINE_VERSION = "1.0"
UNPUBLISHED = ("simulate",)  # code that no published figure passes through


@cache
def engine_digest() -> str:
    """SHA-256, as 64 hex digits, over the names and the text of the engine's source files, in order of their names."""
    root = Path(__file__).parent
    total = hashlib.sha256(f"touchstone-engine {ENGINE_VERSION}\n".encode())
    for path in sorted(root.rglob("*.py"), key=lambda path: path.relative_to(root).as_posix()):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0].removesuffix(".py") in UNPUBLISHED:
            continue
        text = path.read_bytes().replace(b"\r\n", b"\n")
        total.update(f"{name} {len(text)}\n".encode() + text)
    return total.hexdigest()
