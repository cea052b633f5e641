"""How the site's processes log: lines for people, or one JSON object a line for programs that gather logs."""

from __future__ import annotations

from typing import Any

import structlog

STAMPS = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Django's LOGGING for a level and a form, "plain" or "json"; all goes to standard error."""
    plain = {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    as_json = {
        "()": "structlog.stdlib.ProcessorFormatter",
        "foreign_pre_chain": STAMPS,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": plain, "json": as_json},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
    }
