"""Every command that the documentation tells people to type exists, with the options it is given."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from touchstone.cli.main import main

pytestmark = pytest.mark.pure
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
ON_A_LINE = re.compile(r"(?:^|\$ |/)touchstone ([a-z][a-z-]*(?: [^`\n#;>&]*)?)")


def code_in(page: Path) -> list[str]:
    """Code lines of a page: those of fenced blocks, continued lines joined, and those within backticks."""
    text = page.read_text()
    blocks = FENCED.findall(text)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [*lines, *(line.replace("\\|", "|") for line in re.findall(r"`([^`\n]+)`", FENCED.sub("", text)))]


def wrong_in(words: list[str]) -> str | None:
    """What is wrong with the words after `touchstone`; None if nothing is."""
    command: click.Command = main
    context = click.Context(main)
    for place, word in enumerate(words):
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+(\|[a-z-]+)*", word):
            found = [command.get_command(context, each) for each in word.split("|")]
            if None in found:
                return f"there is no {word}"
            assert found[0] is not None
            command = found[0]
        elif word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
            if command.name == "manage" or word.partition("=")[0] in known | {"--help", "--version"}:
                continue
            return f"{' '.join(words[:place])} has no {word}"
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist_with_their_options(page: Path) -> None:
    typed = [found for line in code_in(page) for found in ON_A_LINE.findall(line.split(" | ")[0])]
    wrong = {line: wrong_in(shlex.split(line.replace("…", ""))) for line in typed}
    assert not {line: problem for line, problem in wrong.items() if problem}


@pytest.mark.parametrize("words", [["serve", "webs"], ["ledger", "export", "--everything"], ["scores"]])
def test_a_wrong_command_would_be_noticed(words: list[str]) -> None:
    assert wrong_in(words)


def test_make_knows_what_the_documentation_asks_of_it() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {
        name
        for page in PAGES
        for line in code_in(page)
        for name in re.findall(r"(?:^|\$ |&& )make ([a-z][a-z-]*)", line)
    }
    assert asked <= known


def test_scripts_that_people_run_are_there_and_can_be_run() -> None:
    asked = {name for page in PAGES for line in code_in(page) for name in re.findall(r"deploy/[a-z-]+\.sh", line)}
    assert asked
    assert [name for name in sorted(asked) if not (ROOT / name).stat().st_mode & 0o100] == []
