"""What a pure package exports is sorted and documented."""

from __future__ import annotations

import importlib
import inspect

import pytest

PURE = ["engine", "transparency", "eventstudy", "net", "statements"]


def order(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, as ruff sorts them."""
    return (not name.isupper(), not name[0].isupper(), name)


@pytest.mark.parametrize("package", PURE)
def test_exported_names_are_sorted_and_documented(package: str) -> None:
    module = importlib.import_module(f"touchstone.{package}")
    names = list(getattr(module, "__all__", []))
    assert names == sorted(names, key=order)
    undocumented = [
        name
        for name in names
        if (inspect.isclass(getattr(module, name)) or inspect.isfunction(getattr(module, name)))
        and not inspect.getdoc(getattr(module, name))
    ]
    assert not undocumented
