"""Strict readers and writers for what the formats are made of: base64, decimal numbers, lines, canonical JSON."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import NoReturn

from .errors import Malformed
from .tree import HASH_SIZE

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

MAX_SAFE_INTEGER = 2**53 - 1
MAX_TREE_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_HEX_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_DEPTH = 8


def to_base64(value: bytes) -> str:
    """Standard base64 with padding. Source: RFC 4648 section 4. Example: b"\\x00" gives "AA=="."""
    return b64encode(value).decode("ascii")


def from_base64(text: str, *, what: str) -> bytes:
    """The bytes that a canonical base64 text stands for; raises Malformed for any other spelling of them."""
    try:
        value = b64decode(text.encode("ascii"), validate=True)
    except (Base64Error, ValueError) as err:
        raise Malformed(what=what, reason="not standard base64") from err
    if to_base64(value) != text:
        raise Malformed(what=what, reason="base64 that is not in its canonical form")
    return value


def hash_from_base64(text: str, *, what: str) -> bytes:
    """A 32-byte hash from base64 (44 characters). Raises Malformed."""
    value = from_base64(text, what=what)
    if len(value) != HASH_SIZE:
        raise Malformed(what=what, reason=f"a hash of {len(value)} bytes instead of {HASH_SIZE}")
    return value


def hash_from_hex(value: object, *, what: str) -> bytes:
    """A 32-byte hash from 64 lower-case hex digits. Raises Malformed."""
    if not isinstance(value, str) or not _HEX_HASH.fullmatch(value):
        raise Malformed(what=what, reason="not 64 lower-case hex digits")
    return bytes.fromhex(value)


def decimal(text: str, *, what: str) -> int:
    """A number from 0 to 2**63 - 1 in ASCII decimal without leading zeroes. Raises Malformed."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise Malformed(what=what, reason=f"{text[:24]!r} is not a plain decimal number below 2^63")
    return int(text)


def utf8(value: bytes, *, what: str) -> str:
    """Text from UTF-8 bytes that hold no control character but newline. Raises Malformed."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as err:
        raise Malformed(what=what, reason=f"byte {err.start} is not UTF-8") from err
    if any(character < " " and character != "\n" for character in text):
        raise Malformed(what=what, reason="it holds a control character other than newline")
    return text


def canonical_json(value: Json) -> bytes:
    """RFC 8785 canonical JSON of a value made of objects, lists, strings, whole numbers, booleans and null.

    Member names must be ASCII, so that sorting by code point is sorting by UTF-16 unit (section 3.2.3), and
    fractions are refused, so that no number format can differ. Raises Malformed.
    Example: {"v": 1, "kind": "vote"} gives b'{"kind":"vote","v":1}'.
    """
    _require_plain(value, depth=0)
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as err:
        raise Malformed(what="JSON", reason="a lone surrogate cannot be written as UTF-8") from err


def parse_canonical_json(data: bytes, *, what: str) -> Json:
    """The value of canonical JSON; any other spelling of the same value is refused. Raises Malformed."""
    try:
        value: Json = json.loads(
            data.decode("utf-8"), parse_float=_refuse_number, parse_constant=_refuse_number, parse_int=_whole_number
        )
    except (ValueError, RecursionError) as err:
        raise Malformed(what=what, reason="not JSON of whole numbers, or nested too deeply") from err
    if canonical_json(value) != data:
        raise Malformed(what=what, reason="not the canonical form of RFC 8785")
    return value


def _require_plain(value: Json, *, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise Malformed(what="JSON", reason=f"nested more than {_MAX_DEPTH} deep")
    if isinstance(value, dict):
        _require_names(value)
        for member in value.values():
            _require_plain(member, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            _require_plain(item, depth=depth + 1)
    else:
        _require_scalar(value)


def _require_names(value: dict[str, Json]) -> None:
    for name in value:
        if not isinstance(name, str) or not name.isascii():
            raise Malformed(what="JSON", reason=f"member name {name!r} is not ASCII")


def _require_scalar(value: Json) -> None:
    if value is not None and not isinstance(value, str | bool | int):
        raise Malformed(what="JSON", reason=f"a {type(value).__name__} has no place here")
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise Malformed(what="JSON", reason=f"{value} is beyond the whole numbers that JSON can hold exactly")


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a whole number")


def _whole_number(text: str) -> int:
    if len(text) > len(str(-MAX_SAFE_INTEGER)):
        raise ValueError("number too long")
    return int(text)
