"""Logs can be read by people and by programs."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Iterator

import pytest

from touchstone.config.logs import logging_settings

pytestmark = pytest.mark.pure


@pytest.fixture(autouse=True)
def _usual_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(form: str) -> str:
    settings, output = logging_settings(level="INFO", form=form), io.StringIO()
    settings["handlers"]["stderr"]["stream"] = output
    logging.config.dictConfig(settings)
    try:
        raise ValueError("no such thing")
    except ValueError:
        logging.getLogger("touchstone.example").exception("The job %s failed.", "sweep")
    return output.getvalue()


def test_plain_logs_say_when_how_bad_where_what_and_the_whole_traceback() -> None:
    first, *rest = logged("plain").splitlines()
    assert first.endswith("ERROR touchstone.example: The job sweep failed.")
    assert rest[0].startswith("Traceback")
    assert rest[-1] == "ValueError: no such thing"


def test_json_logs_hold_one_object_a_line_with_the_same() -> None:
    (line,) = logged("json").splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["level"], entry["logger"]) == ("The job sweep failed.", "error", "touchstone.example")
    assert entry["timestamp"].endswith("Z")
    assert "ValueError: no such thing" in entry["exception"]
