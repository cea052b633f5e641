"""Turns a feed's bytes into plain items: text without markup, absolute addresses, nothing that could run."""

from __future__ import annotations

import hashlib
import html
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

import feedparser
import nh3
from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from touchstone.wire.errors import NotAFeed

MOST_ITEMS = 200
TITLE_LENGTH, SUMMARY_LENGTH, URL_LENGTH = 300, 2_000, 1_000


@dataclass(frozen=True, slots=True)
class ParsedItem:
    """An item as plain text; `url` is https or http and absolute, or empty."""

    guid: str
    title: str
    summary: str
    url: str
    published_at: datetime | None


def parse_feed(body: bytes, *, url: str, own_host: str) -> list[ParsedItem]:
    """The items of a feed, at most 200. Raises NotAFeed for anything else, XML bombs included.

    url       the feed's address; relative addresses are resolved against it
    own_host  this newsroom's host; addresses on it are dropped, so that no feed can aim at our own pages
    """
    _refuse_entities(body, url)
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeed(url, reason="no items found")
    items = [_item(entry, url=url, own_host=own_host) for entry in parsed.entries[:MOST_ITEMS]]
    return [item for item in items if item.title]


def _refuse_entities(body: bytes, url: str) -> None:
    parser = make_parser()
    parser.setContentHandler(ContentHandler())
    parser.forbid_dtd = False
    parser.forbid_entities = True
    parser.forbid_external = True
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException as err:
        raise NotAFeed(url, reason="it defines entities, which is refused") from err
    except SAXParseException:
        return  # many feeds are not well-formed; feedparser reads them without expanding entities of their own


def _item(entry: Any, *, url: str, own_host: str) -> ParsedItem:
    title = plain_text(str(entry.get("title", "")), TITLE_LENGTH)
    address = safe_address(str(entry.get("link", "")), base=url, own_host=own_host)
    identity = str(entry.get("id", "")) or address or title
    return ParsedItem(
        guid=hashlib.sha256(identity.encode()).hexdigest(),
        title=title,
        summary=plain_text(str(entry.get("summary", "")), SUMMARY_LENGTH),
        url=address,
        published_at=_moment(entry),
    )


def plain_text(markup: str, length: int) -> str:
    """Text without any markup, on one line, cut at a word."""
    text = html.unescape(nh3.clean(markup, tags=set(), attributes={}))
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\s]+", " ", text).strip()
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"


def safe_address(link: str, *, base: str, own_host: str) -> str:
    """An absolute http(s) address without credentials that is not on our own host; empty otherwise."""
    try:
        absolute = urljoin(base, link.strip())
        parts = urlsplit(absolute)
        host = parts.hostname or ""
    except ValueError:
        return ""
    is_usable = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc and len(absolute) <= URL_LENGTH
    is_ours = host.lower() == own_host.lower()
    is_plain = not re.search(r"[\s\x00-\x1f<>\"'`]", absolute)
    return absolute if link.strip() and is_usable and is_plain and not is_ours else ""


def _moment(entry: Any) -> datetime | None:
    stamp = entry.get("published_parsed") or entry.get("updated_parsed")
    if stamp is None:
        return None
    try:
        return datetime.fromtimestamp(timegm(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
