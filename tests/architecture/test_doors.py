"""Packages meet each other only through their doors."""

from __future__ import annotations

import grimp
import pytest

APP_DOORS = {"models", "queries", "actions", "errors"}
RING_ONE = {"engine", "transparency", "eventstudy", "net", "statements"}
APPS = {"readers", "ledger", "markets", "stories", "votes", "trust", "wire", "website", "api"}
ASSEMBLY = {"config", "edge", "cli"}
HOT_PATHS = {"touchstone.votes.booth", "touchstone.markets.stream", "touchstone.website.pages"}
ENTRY_MODULES = {"apps", "urls"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("touchstone", exclude_type_checking_imports=True)


def package_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def is_through_a_door(importer: str, imported: str) -> bool:
    package, parts = package_of(imported), imported.split(".")
    if package in RING_ONE:
        return len(parts) == 2 or package_of(importer) == "cli"
    if package not in APPS:
        return True
    if len(parts) == 2:
        return True
    door = parts[2]
    if package_of(importer) in ASSEMBLY:
        return door in APP_DOORS | ENTRY_MODULES or any(imported.startswith(path) for path in HOT_PATHS)
    return door in APP_DOORS


def test_every_import_between_packages_goes_through_a_door(graph: grimp.ImportGraph) -> None:
    missed = [
        f"{importer} imports {imported}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if package_of(imported) not in {"", package_of(importer)}
        and ".migrations" not in importer
        and not is_through_a_door(importer, imported)
    ]
    assert not missed, "\n".join(missed)


def test_a_planted_short_cut_is_seen() -> None:
    assert not is_through_a_door("touchstone.trust.tasks", "touchstone.votes.booth")
    assert not is_through_a_door("touchstone.votes.booth", "touchstone.engine.index")
    assert is_through_a_door("touchstone.edge.application", "touchstone.votes.booth")
