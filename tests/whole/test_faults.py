"""Processes killed while events flow: nothing accepted is lost, nothing is counted twice, in rows or in figures."""

from __future__ import annotations

import json
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from local.stack import down, up
from runtime.ingest_client import IngestClient
from tests.recount import assert_served, recount
from tests.support import Stack, own_settings, unit
from tests.warehouse.test_exactness import PERIOD, UNITS, a_day

pytestmark = pytest.mark.stack

KILLED = ("kafka", "clickhouse", "stream", "ingest")
BATCH = 40
PAUSE_S = 0.15


@pytest.fixture
def doomed(tmp_path: Path) -> Any:
    """A stack that no other test uses."""
    stack = Stack(own_settings(tmp_path))
    try:
        up(stack.settings)
        yield stack
    finally:
        down(stack.settings)


class Sender(threading.Thread):
    """Sends events in small batches, whatever is away meanwhile; once all are sent, some of them again until told."""

    def __init__(self, stack: Stack, events: list[dict[str, Any]]) -> None:
        super().__init__(daemon=True)
        self._stack, self._events = stack, events
        self.enough = threading.Event()
        self.sent = self.accepted = 0
        self.rejected: list[dict[str, Any]] = []

    def run(self) -> None:
        dice = random.Random(0)
        with IngestClient(self._stack.settings.ingest_url, self._stack.key, patience_s=240) as client:
            start = 0
            while start < len(self._events) or not self.enough.is_set():
                batch = self._events[start : start + BATCH] or dice.sample(self._events, BATCH)
                answer = client.post([json.dumps(body).encode() for body in batch])
                self.sent += len(batch)
                self.accepted += answer["accepted"]
                self.rejected += answer["rejected"]
                start += BATCH
                time.sleep(PAUSE_S)


def test_killing_each_process_while_events_flow_loses_and_doubles_nothing(doomed: Stack) -> None:
    units = [unit("H26", level="city"), *(unit(code, "H26") for code in UNITS)]
    doomed.send(units)
    events = a_day(11, size=600)
    random.Random(11).shuffle(events)
    sender = Sender(doomed, events)
    sender.start()
    for name in KILLED:
        time.sleep(3)
        doomed.kill(name)
        time.sleep(1)
        doomed.revive()
    sender.enough.set()
    sender.join(timeout=240)
    assert not sender.is_alive()
    assert (sender.accepted, sender.rejected) == (sender.sent, [])
    # Chance makes an event twice: two requests for papers in the same second.
    count = len({body["id"] for body in events}) + 1 + len(UNITS)
    doomed.wait_stored("test", count, timeout_s=120)
    period = {"from": PERIOD.start.isoformat(), "to": PERIOD.end.isoformat()}
    assert doomed.get("/v1/counts", source="test") == {"source": "test", "rows": count, "stored": count}
    assert_served(doomed.figures("H26", **period), recount([*units, *events], *PERIOD))
