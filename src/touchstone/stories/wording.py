"""A story's wording as plain text, and what differs between two wordings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from touchstone.stories.models import StoryPage

SpanKind = Literal["same", "added", "removed"]
LineKind = Literal["same", "added", "removed", "changed"]

LINE_END = re.compile(r"</(?:p|li|h[1-6]|blockquote)>|<br\s*/?>", re.IGNORECASE)
WORD = re.compile(r"\s+|\w+|[^\w\s]")
# Two lines that share less than this are told as one removed and one added: a word diff of them cannot be read.
ALIKE = 0.4


@dataclass(frozen=True, slots=True)
class DiffSpan:
    """A run of words inside a line that stayed, came or went."""

    kind: SpanKind
    text: str


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One paragraph of a diff; a changed one has spans of all kinds, the others have one span."""

    kind: LineKind
    spans: tuple[DiffSpan, ...]


def write_wording(story: StoryPage) -> str:
    """A story's whole wording as plain text, one paragraph a line; paid messages are no part of it."""
    return "\n".join(line for line in _iterate_lines(story) if line)


def hash_wording(text: str) -> str:
    """The SHA-256 of a wording in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def split_paragraphs(html: object) -> list[str]:
    """The paragraphs and list items of rich text as plain lines."""
    text = BeautifulSoup(LINE_END.sub("\n", str(html)), "html.parser").get_text()
    return [clean for line in text.split("\n") if (clean := " ".join(line.split()))]


def diff_wordings(old: str, new: str) -> list[DiffLine]:
    """What changed from one wording to the next: paragraph by paragraph, word by word inside changed ones."""
    before, after = old.split("\n"), new.split("\n")
    lines: list[DiffLine] = []
    for tag, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [_whole_line("same", line) for line in before[i:j]]
        else:
            lines += _diff_blocks(before[i:j], after[k:m])
    return lines


def _iterate_lines(story: StoryPage) -> Iterator[str]:
    yield from _tidy([story.title, story.standfirst])
    if story.lead_caption:
        yield from _tidy([f"[Picture: {story.lead_caption}]"])
    yield from _body_lines(story.body)
    if story.what_this_means:
        yield "What this means"
        yield from _body_lines(story.what_this_means)
    for part in story.questions:
        yield from _tidy([f"Question: {part.value['question']}"])
        yield from _tidy([f"Answer: {' '.join(split_paragraphs(part.value['answer']))}"])
    for part in story.sources:
        facts = [part.value["title"], part.value["note"], part.value["link"]]
        yield from _tidy([f"Source: {', '.join(fact for fact in facts if fact)}"])


def _body_lines(body: Iterable[Any]) -> Iterator[str]:
    for part in body:
        yield from _tidy(_block_lines(part.block_type, part.value))


def _block_lines(kind: str, value: Any) -> list[str]:
    if kind == "paragraph":
        return split_paragraphs(value)
    if kind == "subhead":
        return [str(value)]
    if kind == "quote":
        return [f"“{value['quote']}”" + (f" ({value['speaker']})" if value["speaker"] else "")]
    if kind == "figure":
        return [f"[Picture: {value['caption']}]"] if value["caption"] else []
    if kind == "price_chart":
        return [f"[Price chart: {value['instrument']}, {value['days']} days]"]
    return []


def _tidy(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield " ".join(line.split())


def _whole_line(kind: Literal["same", "added", "removed"], text: str) -> DiffLine:
    return DiffLine(kind, (DiffSpan(kind, text),))


def _diff_blocks(before: list[str], after: list[str]) -> list[DiffLine]:
    """Pair each old paragraph with the first later one that is alike, in order; the rest came or went."""
    lines: list[DiffLine] = []
    place = 0
    for old in before:
        match = next((n for n in range(place, len(after)) if _are_alike(old, after[n])), None)
        if match is None:
            lines.append(_whole_line("removed", old))
            continue
        lines += [_whole_line("added", line) for line in after[place:match]]
        lines.append(_diff_words(old, after[match]))
        place = match + 1
    return lines + [_whole_line("added", line) for line in after[place:]]


def _are_alike(old: str, new: str) -> bool:
    return SequenceMatcher(a=old.split(), b=new.split(), autojunk=False).ratio() >= ALIKE


def _diff_words(old: str, new: str) -> DiffLine:
    before, after = WORD.findall(old), WORD.findall(new)
    spans: list[DiffSpan] = []
    for tag, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            spans.append(DiffSpan("same", "".join(before[i:j])))
            continue
        if i < j:
            spans.append(DiffSpan("removed", "".join(before[i:j])))
        if k < m:
            spans.append(DiffSpan("added", "".join(after[k:m])))
    return DiffLine("changed", tuple(spans))
