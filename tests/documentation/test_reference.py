"""Every setting, command, address and decision is documented, and every link in the documentation leads somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from touchstone.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
READERS = {
    "text",
    "flag",
    "choice",
    "whole_number",
    "names",
    "hosts",
    "origin",
    "data_folder",
    "secret",
    "token",
    "database",
}
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def settings_read() -> set[str]:
    tree = ast.parse((ROOT / "src/touchstone/config/settings.py").read_text())
    return {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in READERS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_every_setting_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text()
    missing = {name for name in settings_read() if f"`{name}`" not in page}
    assert not missing


def test_every_command_is_documented() -> None:
    page = (REFERENCE / "commands.md").read_text()
    missing = {name for name in COMMANDS if f"`touchstone {name}" not in page}
    assert not missing


def test_every_management_command_is_documented() -> None:
    page = (REFERENCE / "commands.md").read_text()
    commands = {
        path.stem
        for path in (ROOT / "src").glob("touchstone/*/management/commands/*.py")
        if not path.stem.startswith("_")
    }
    missing = {name for name in commands if name not in page}
    assert not missing


@pytest.mark.django_db
def test_every_api_path_is_documented(client: Client) -> None:
    page = (REFERENCE / "api.md").read_text()
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    missing = {path for path in paths if path not in page}
    assert not missing


def own_addresses() -> list[str]:
    found = []
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and "touchstone" in str(pattern.urlconf_name):
            found += [str(each.pattern) for each in pattern.url_patterns if isinstance(each, URLPattern)]
    return found


def test_every_public_page_is_documented() -> None:
    page = (REFERENCE / "pages.md").read_text() + (REFERENCE / "api.md").read_text()
    missing = set()
    for address in own_addresses():
        first = re.split(r"[/<(\\.$]", address.lstrip("^"))[0]
        if first and f"/{first}" not in page:
            missing.add(address)
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    broken = [
        target
        for target in targets
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).resolve().exists()
    ]
    assert not broken


def test_decisions_are_numbered_without_gaps_or_doubles() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
