"""The API keeps the promises of its own OpenAPI document, whatever it is asked."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web import Web

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def api(web: Web) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{web.origin}/api/v1/openapi.json")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stories",
        "/api/v1/stories/{story_id}",
        "/api/v1/stories/{story_id}/trust",
        "/api/v1/instruments",
        "/api/v1/instruments/{symbol}/candles",
        "/api/v1/ticker",
        "/api/v1/trust",
    ],
)
def test_every_answer_is_one_that_the_document_names(api: schemathesis.BaseSchema, path: str) -> None:
    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=api[path]["GET"].as_strategy())
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    check()
