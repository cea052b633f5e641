"""Styles and scripts under addresses that change with their content, so that they can be cached for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from django.conf import settings

from touchstone.website.typeface import has_typeface

FOLDER = Path(__file__).resolve().parent / "static" / "website"
LAYERS = "@layer reset, tokens, base, components, pages;\n"
TYPEFACE = "fonts.css"
BUNDLES = {
    "site.css": (TYPEFACE, "reset.css", "tokens.css", "base.css", "components", "pages"),
    "figures.css": ("figures",),
    "forms.css": ("forms",),
}
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COMMENT_LINES = re.compile(r"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/[ \t]*)\n", re.DOTALL | re.MULTILINE)
WHITE_SPACE = re.compile(r"\s*([{};])\s*|(?<=[:,])[ \n]+(?=[^\s\"])")
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
PACKED = {".woff2"}


@cache
def is_set_in_own_type() -> bool:
    """Whether the files of the paper's typeface are there; looked for once."""
    return has_typeface()


def digest() -> str:
    """Twelve hexadecimal digits that change whenever any style or script changes."""
    return _digest(_fingerprint())


def content(path: str) -> bytes | None:
    """The bytes of one asset, or None when there is none; a bundle is all styles of its folders in layer order."""
    if path in BUNDLES:
        return _bundle(path, _fingerprint())
    file = (FOLDER / path).resolve()
    if FOLDER not in file.parents or not file.is_file():
        return None
    return without_comments(file.read_text()).encode() if file.suffix == ".js" else file.read_bytes()


def compressed(path: str) -> bytes | None:
    """The gzip form of one asset, made once; None for what is packed already."""
    if Path(path).suffix in PACKED:
        return None
    return _compressed(path, _fingerprint())


def media_type(path: str) -> str:
    """The media type of an asset by its name, with the character set for text."""
    kind = TYPES.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def address(path: str) -> str:
    """The address of an asset, with the digest of all of them in it: modules import each other beside it."""
    return f"/assets/{digest()}/{path}"


def tightened(styles: str) -> str:
    """Styles without comments and without the white space that only people need."""
    return WHITE_SPACE.sub(lambda found: found[1] or "", COMMENT.sub("", styles)).strip()


def without_comments(script: str) -> str:
    """A script without the lines that hold nothing but a comment: a tenth of what a page loads."""
    return COMMENT_LINES.sub("", script)


def _fingerprint() -> int:
    """Zero in production (read once); the newest change time while developing."""
    if not settings.DEBUG:
        return 0
    return max(file.stat().st_mtime_ns for file in FOLDER.rglob("*") if file.is_file())


@cache
def _digest(_changed: int) -> str:
    total = hashlib.sha256()
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file():
            total.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:12]


@cache
def _bundle(name: str, _changed: int) -> bytes:
    files: list[Path] = []
    parts = [part for part in BUNDLES[name] if part != TYPEFACE or is_set_in_own_type()]
    for part in parts:
        place = FOLDER / "css" / part
        files += sorted(place.glob("*.css")) if place.is_dir() else [place]
    return (LAYERS + tightened("\n".join(file.read_text() for file in files))).encode()


@cache
def _compressed(path: str, _changed: int) -> bytes | None:
    found = content(path)
    return None if found is None else gzip.compress(found, compresslevel=9, mtime=0)
