"""Logs as JSON lines, from our code and the libraries alike, without the same line again and again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from runtime.settings import Settings

REPEATED_EVERY_S = 60.0
"""A library's repeated line is written again after this time; those between are counted."""
MOST_KEYS = 1_000


def configure_logging(settings: Settings, service: str) -> None:
    """JSON lines on standard error at the settings' level, each naming the ``service``; libraries from warnings on."""
    level = getattr(logging, settings.log_level.upper())

    def add_service(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    common: list[structlog.typing.Processor] = [
        add_service,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *common],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.addFilter(OncePerMinute())
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)


class OncePerMinute(logging.Filter):
    """Writes a library's repeated line once in a while: clients log at each try that nothing answers."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._passed: dict[tuple[str, object], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; a written one ends with the number of those left out before it."""
        key, now_s = (record.name, record.msg), self._now_s()
        logged_at_s, left_out = self._passed.get(key, (float("-inf"), 0))
        if now_s - logged_at_s < REPEATED_EVERY_S:
            self._passed[key] = logged_at_s, left_out + 1
            return False
        if len(self._passed) > MOST_KEYS:
            self._passed.clear()
        self._passed[key] = now_s, 0
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more like it since the last)"
            record.args = None
        return True
