"""The whole site, once with Redis and once on PostgreSQL alone; one worker runs all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.postgres import NoPostgres
from tests.production.site import NotInstalled, Site, running_site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "production" in item.path.parts:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.sqlite)  # not to be run again on another database: it brings its own
            item.add_marker(pytest.mark.xdist_group("production"))


@pytest.fixture(scope="module", params=["redis", "postgres"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    try:
        with running_site(redis=request.param == "redis") as running:
            yield running
    except (NoPostgres, NotInstalled) as err:
        pytest.skip(f"NO WHOLE SITE: {err}")
