"""What the services log: JSON lines from all, no flood from any."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from runtime.logs import REPEATED_EVERY_S, OncePerMinute

PROGRAM = """
import logging
from runtime.logs import configure_logging
from runtime.settings import Settings
from runtime.telemetry import log

configure_logging(Settings(), "ingest")
log.warning("of_ours", error="a\\nb")
logging.getLogger("kafka.conn").warning("Connect attempt to %s failed", "127.0.0.1")
logging.getLogger("kafka.conn").info("not worth a line")
try:
    raise ValueError("x")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
"""


def test_every_line_is_json_and_names_its_service() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert len(lines) == 3
    assert {line["service"] for line in lines} == {"ingest"}
    assert all(line["timestamp"].endswith("Z") and line["level"] for line in lines)
    of_kafka = next(line for line in lines if line.get("logger") == "kafka.conn")
    assert of_kafka["event"] == "Connect attempt to 127.0.0.1 failed"
    assert "ValueError: x" in next(line for line in lines if "exception" in line)["exception"]


def test_the_same_line_comes_once_in_a_while_and_says_how_often_it_was_left_out() -> None:
    now_s = 0.0
    seldom = OncePerMinute(lambda: now_s)

    def line(text: str) -> logging.LogRecord:
        return logging.LogRecord("kafka", logging.ERROR, "", 0, "no answer from %s", (text,), None)

    assert [seldom.filter(line("a")) for _ in range(5)] == [True, False, False, False, False]
    now_s += REPEATED_EVERY_S + 1
    again = line("b")
    assert seldom.filter(again)
    assert again.getMessage() == "no answer from b (4 more like it since the last)"
