"""Opening bundles: the payloads and nonces behind a bundle's entries, published apart from the tree."""

from __future__ import annotations

from collections.abc import Sequence

from .encoding import canonical_json, decimal, parse_canonical_json
from .entries import Opening
from .errors import Malformed, MissingResource
from .store import Store
from .tiles import OPENINGS, TilePath

HORIZON = "openings"
_ABSENT = b"null"


def encode_openings(openings: Sequence[Opening | None]) -> bytes:
    """One line for each entry of a bundle: canonical JSON of nonce and payload, or null.

    null stands for an opening that was erased or is not published yet.
    Example: b'{"nonce":"00…","payload":{"at":1}}\\nnull\\n'.
    """
    lines = [_ABSENT if opening is None else canonical_json(opening.as_json()) for opening in openings]
    return b"".join(line + b"\n" for line in lines)


def decode_openings(data: bytes, *, width: int) -> list[Opening | None]:
    """The openings of a bundle of `width` entries. Raises Malformed."""
    lines = data.split(b"\n")
    if lines.pop() != b"" or len(lines) != width:
        raise Malformed(what="openings", reason=f"not {width} lines that each end in a newline")
    return [None if line == _ABSENT else _decode_line(line) for line in lines]


def encode_horizon(opened: int) -> bytes:
    """The file that says below which entry all openings are published: a decimal number and a newline."""
    return f"{opened}\n".encode()


def read_horizon(store: Store) -> int:
    """Number of entries from the start whose openings are published; 0 if the publisher publishes none."""
    try:
        text = store.read(HORIZON).decode("ascii", "replace")
    except MissingResource:
        return 0
    if not text.endswith("\n"):
        raise Malformed(what=HORIZON, reason="it must end in a newline")
    return decimal(text[:-1], what=HORIZON)


def read_openings(store: Store, bundle: TilePath) -> list[Opening | None]:
    """The openings beside an entry bundle. Raises MissingResource or Malformed."""
    path = str(TilePath(OPENINGS, bundle.index, bundle.width))
    return decode_openings(store.read(path), width=bundle.width)


def _decode_line(line: bytes) -> Opening:
    return Opening.from_json(parse_canonical_json(line, what="opening"), what="opening")
