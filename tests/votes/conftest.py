"""One web process for all tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web import Web, prepare_web, running_web


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("votes-web")
    return folder, prepare_web(folder)


@pytest.fixture(scope="session")
def web(prepared: tuple[Path, dict[str, Any]]) -> Iterator[Web]:
    with running_web(*prepared) as running:
        yield running
