"""Reads the demo newsroom's files; docs/reference/stories.md describes their form."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from touchstone.stories.errors import DemoTextUnreadable

FOLDER = Path(__file__).resolve().parent
PARTS = ("What this means", "Questions", "Sources")

Blocks = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """What to draw, and what to say of it: motif and seed, caption, description."""

    motif: str
    seed: int
    caption: str
    description: str


@dataclass(frozen=True, slots=True)
class VotePlan:
    """How many demo readers and members of the demo panel vote which way, and when the last one does."""

    real: int = 0
    fake: int = 0
    panel_real: int = 0
    panel_fake: int = 0
    last_ago: timedelta = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class CorrectionPlan:
    """A wording that was wrong for a while: what it was, what it is now, and what the correction says."""

    ago: timedelta
    was: str
    now: str
    text: str


@dataclass(frozen=True, slots=True)
class ResolutionPlan:
    """What the story turned out to be (confirmed, debunked, partly), when, and what settled it."""

    ago: timedelta
    outcome: str
    evidence: str


@dataclass(frozen=True, slots=True)
class DemoStory:
    """A demo story as its file tells it; times count back from the moment of seeding."""

    slug: str
    section: str
    headline: str
    standfirst: str
    authors: list[str]
    ago: timedelta
    picture: PicturePlan
    body: Blocks
    what_this_means: Blocks
    questions: list[tuple[str, str]]
    sources: list[dict[str, str]]
    tags: list[str] = field(default_factory=list)
    instruments: list[str] = field(default_factory=list)
    baskets: list[str] = field(default_factory=list)
    votes: VotePlan = field(default_factory=VotePlan)
    corrections: list[CorrectionPlan] = field(default_factory=list)
    breaking_for: timedelta | None = None
    closed_ago: timedelta | None = None
    is_market_moving: bool = False
    resolution: ResolutionPlan | None = None


def read_newsroom() -> dict[str, Any]:
    """Authors and sponsors of the demo newsroom."""
    return tomllib.loads((FOLDER / "newsroom.toml").read_text(encoding="utf-8"))


def read_stories() -> list[list[DemoStory]]:
    """Every demo story as its wordings in order, the story that came out first first. Raises DemoTextUnreadable."""
    files = sorted((FOLDER / "texts").glob("*.md"))
    return sorted((read_story(file) for file in files), key=lambda wordings: (-wordings[0].ago, wordings[0].slug))


def read_story(file: Path) -> list[DemoStory]:
    """The wordings of the demo story in one file, the corrected one last. Raises DemoTextUnreadable."""
    try:
        _, head, text = file.read_text(encoding="utf-8").split("+++\n", 2)
        facts = tomllib.loads(head)
        texts = [text]
        for correction in reversed(facts.get("corrections", [])):
            if texts[0].count(correction["now"]) != 1:
                raise ValueError(f"the corrected words {correction['now']!r} are not in the text exactly once")
            texts.insert(0, texts[0].replace(correction["now"], correction["was"]))
        return [_build_story(file.stem, facts, one) for one in texts]
    except (ValueError, KeyError, TypeError) as err:
        raise DemoTextUnreadable(file=file.name, problem=f"{type(err).__name__}: {err}") from err


def _build_story(slug: str, head: dict[str, Any], text: str) -> DemoStory:
    headline, parts = _split_parts(text)
    return DemoStory(
        slug=slug,
        section=head["section"],
        headline=headline,
        standfirst=head["standfirst"],
        authors=head["authors"],
        ago=timedelta(hours=head["hours_ago"]),
        picture=PicturePlan(**head["picture"]),
        body=read_blocks(parts[""]),
        what_this_means=read_blocks(parts.get("What this means", [])),
        questions=_read_questions(parts.get("Questions", [])),
        sources=[_read_source(line) for lines in parts.get("Sources", []) for line in lines.split("\n")],
        tags=head.get("tags", []),
        instruments=head.get("instruments", []),
        baskets=head.get("baskets", []),
        votes=_read_votes(head.get("votes", {})),
        corrections=[_read_correction(one) for one in head.get("corrections", [])],
        breaking_for=_hours(head.get("breaking_for_hours")),
        closed_ago=_hours(head.get("voting_closed_hours_ago")),
        is_market_moving=head.get("market_moving", False),
        resolution=_read_resolution(head.get("resolution")),
    )


def _hours(count: float | None) -> timedelta | None:
    return None if count is None else timedelta(hours=count)


def _read_votes(plan: dict[str, Any]) -> VotePlan:
    counts = {name: plan.get(name, 0) for name in ("real", "fake", "panel_real", "panel_fake")}
    return VotePlan(**counts, last_ago=timedelta(hours=plan.get("last_hours_ago", 3)))


def _read_correction(plan: dict[str, Any]) -> CorrectionPlan:
    return CorrectionPlan(timedelta(hours=plan["hours_ago"]), plan["was"], plan["now"], plan["text"])


def _read_resolution(plan: dict[str, Any] | None) -> ResolutionPlan | None:
    if plan is None:
        return None
    return ResolutionPlan(timedelta(hours=plan["hours_ago"]), plan["outcome"], plan["evidence"])


def _split_parts(text: str) -> tuple[str, dict[str, list[str]]]:
    """The headline and the paragraphs of each part; the body's name is empty."""
    headline, name = "", ""
    parts: dict[str, list[str]] = {"": []}
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        title = paragraph[2:].strip() if paragraph.startswith("# ") else None
        if title is None:
            parts[name].append(paragraph.strip())
        elif not headline:
            headline = title
        elif title in PARTS:
            name, parts[title] = title, []
        else:
            raise ValueError(f"the part {title!r} is not one of {', '.join(PARTS)}")
    return headline, parts


def read_blocks(paragraphs: list[str]) -> Blocks:
    """Paragraphs as the values of a body's blocks; pictures stay plans."""
    return [_read_block(paragraph) for paragraph in paragraphs]


def _read_block(paragraph: str) -> tuple[str, Any]:
    for start, read in READERS.items():
        if paragraph.startswith(start):
            return read(paragraph)
    return "paragraph", f"<p>{format_prose(' '.join(paragraph.split()))}</p>"


def _read_list(paragraph: str) -> tuple[str, Any]:
    items = [format_prose(line.removeprefix("- ")) for line in paragraph.split("\n")]
    return "paragraph", "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _read_quote(paragraph: str) -> tuple[str, Any]:
    lines = [line.removeprefix(">").strip() for line in paragraph.split("\n")]
    speaker = lines.pop().removeprefix("— ") if lines[-1].startswith("— ") else ""
    return "quote", {"quote": " ".join(lines), "speaker": speaker}


def _read_chart(paragraph: str) -> tuple[str, Any]:
    _, symbol, days = paragraph.strip("[]").split()
    return "price_chart", {"instrument": symbol, "days": int(days)}


def _read_sponsor(paragraph: str) -> tuple[str, Any]:
    return "sponsor_slot", paragraph.strip("[]").split()[1]


def _read_figure(paragraph: str) -> tuple[str, Any]:
    what, caption, description = (piece.strip() for piece in paragraph.strip("[]").split("|"))
    _, motif, seed = what.split()
    return "figure", PicturePlan(motif, int(seed), caption, description)


READERS: dict[str, Callable[[str], tuple[str, Any]]] = {
    "## ": lambda paragraph: ("subhead", paragraph[3:].strip()),
    "- ": _read_list,
    ">": _read_quote,
    "[chart ": _read_chart,
    "[sponsor ": _read_sponsor,
    "[figure ": _read_figure,
}


def format_prose(text: str) -> str:
    """Plain text with **bold**, *italic* and [links](https://…) as HTML."""
    safe = html.escape(text, quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", safe)
    safe = re.sub(r"\*(.+?)\*", r"<i>\1</i>", safe)
    return re.sub(r"\[(.+?)\]\((https?://[^)\s]+)\)", r'<a href="\2">\1</a>', safe)


def _read_questions(paragraphs: list[str]) -> list[tuple[str, str]]:
    return list(_pair_questions(paragraphs))


def _pair_questions(paragraphs: list[str]) -> Iterator[tuple[str, str]]:
    question, answer = "", ""
    for paragraph in paragraphs:
        if not paragraph.startswith("## "):
            answer += f"<p>{format_prose(' '.join(paragraph.split()))}</p>"
            continue
        if question:
            yield question, answer
        question, answer = paragraph[3:].strip(), ""
    if question:
        yield question, answer


def _read_source(line: str) -> dict[str, str]:
    pieces = [piece.strip() for piece in line.removeprefix("- ").split("|")]
    title, note, link = [*pieces, "", ""][:3]
    return {"title": title, "note": note, "link": link}
