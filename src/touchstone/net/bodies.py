"""Reading response bodies with a cap on the bytes that come out of the decompressor, not on those that go in."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from touchstone.net.errors import BodyTooLarge, BodyUnreadable

# 47 = 32 + 15: zlib finds out by itself whether a gzip or a zlib header comes.
_ANY_ZLIB_HEADER = 47


def read_body(chunks: Iterable[bytes], *, encoding: str, url: str, max_bytes: int) -> bytes:
    """The whole body, decompressed, at most `max_bytes` long.

    Memory stays near `max_bytes` however small a bomb is: the decompressor is asked for no more than what is left.
    Raises BodyTooLarge, BodyUnreadable.
    """
    if encoding in {"", "identity"}:
        return _read_plain(chunks, url=url, max_bytes=max_bytes)
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _read_deflated(chunks, url=url, max_bytes=max_bytes)
    raise BodyUnreadable(url, f"content-encoding {encoding!r} was not asked for; gzip and identity are understood")


def _read_plain(chunks: Iterable[bytes], *, url: str, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        if len(body) + len(chunk) > max_bytes:
            raise BodyTooLarge(url, max_bytes)
        body += chunk
    return bytes(body)


def _read_deflated(chunks: Iterable[bytes], *, url: str, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(_ANY_ZLIB_HEADER)
    body = bytearray()
    is_empty = True
    for chunk in chunks:
        is_empty = is_empty and not chunk
        try:
            # One byte more than allowed tells "exactly full" from "too large".
            body += inflater.decompress(chunk, max_bytes + 1 - len(body))
        except zlib.error as err:
            raise BodyUnreadable(url, f"broken compression ({err})") from err
        if len(body) > max_bytes:
            raise BodyTooLarge(url, max_bytes)
        if inflater.eof:
            break
    # An answer without a body (304) may still name an encoding.
    if not inflater.eof and not is_empty:
        raise BodyUnreadable(url, "the compressed body ends too early")
    return bytes(body)
