"""Ingest's metrics add up at every moment: while events flow, while Kafka is away and over restarts."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.ingest_client import Receipt
from runtime.settings import Settings
from tests.ingest_processes import Ingest, broker_pid, everything, own_kafka
from tests.support import rating, unit, wait_until

# kafka-python leaves the sockets of refused connections to the garbage collector, which complains of them.
pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]

PENDING = "hailong_outbox_pending_events"


@pytest.fixture
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a Kafka of its own, with the topics made."""
    with own_kafka(tmp_path_factory.mktemp("account")) as settings:
        yield settings


def check_sums(metrics: dict[str, float]) -> dict[str, float]:
    """The figures of one look by the end of their names, after a check that they add up."""
    refused = sum(value for name, value in metrics.items() if name.startswith("hailong_ingest_events_refused_total"))
    sums = {
        "received": metrics["hailong_ingest_events_received_total"],
        "accepted": metrics["hailong_ingest_events_accepted_total"],
        "repeated": metrics["hailong_ingest_events_repeated_total"],
        "refused": refused,
        "recalled": metrics["hailong_outbox_recalled_events"],
        "delivered": metrics["hailong_outbox_delivered_events_total"],
        "pending": metrics[PENDING],
    }
    assert sums["received"] == sums["accepted"] + sums["refused"]
    assert sums["accepted"] - sums["repeated"] + sums["recalled"] == sums["delivered"] + sums["pending"]
    return sums


class Watch(threading.Thread):
    """Reads ingest's metrics all the time into ``looks``."""

    def __init__(self, ingest: Ingest) -> None:
        super().__init__(daemon=True)
        self.looks: list[dict[str, float]] = []
        self.enough = threading.Event()
        self._ingest = ingest

    def run(self) -> None:
        while not self.enough.wait(0.02):
            try:
                self.looks.append(self._ingest.metrics())
            except httpx.TransportError:
                continue


def test_the_sums_hold_at_every_look(kafka: Settings, tmp_path: Path) -> None:
    ingest = Ingest(kafka, tmp_path)
    taps = [rating("H26.SUM", "2026-01-05T08:30:00+07:00", key=str(n)) for n in range(12_000)]
    bad: list[dict[str, Any]] = [{"type": "none", "id": str(n)} for n in range(300)]
    lines = [*taps[:6000], *bad, *taps[5000:6000], {**taps[0], "source": "other"}, *taps[6000:]]
    receipts: list[Receipt] = []
    ingest.start()
    try:
        ingest.send([unit("H26.SUM")])
        watch = Watch(ingest)
        watch.start()
        sending = threading.Thread(target=lambda: receipts.append(ingest.send(lines)))
        sending.start()
        wait_until(lambda: ingest.metric("hailong_ingest_events_received_total") > 1000, 30)
        os.kill(broker_pid(kafka), signal.SIGSTOP)
        sending.join(timeout=60)
        wait_until(lambda: ingest.metric("hailong_ingest_events_received_total") == len(lines) + 1, 30)
        watch.enough.set()
        watch.join()
        assert any(check_sums(look)["pending"] > 0 for look in watch.looks)
        before = check_sums(ingest.metrics())
        assert (receipts[0].accepted, len(receipts[0].rejected)) == (13_000, 301)
        assert (before["accepted"], before["repeated"], before["refused"]) == (13_001, 1_000, 301)
        # What was not acknowledged, and what was acknowledged a moment ago, is there again after a restart.
        ingest.stop()
        ingest.start()
        wait_until(lambda: ingest.metrics() != {}, 30)
        after = check_sums(ingest.metrics())
        assert (after["received"], after["recalled"]) == (0, 12_001)
        os.kill(broker_pid(kafka), signal.SIGCONT)
        wait_until(lambda: check_sums(ingest.metrics())["pending"] == 0, 60)
        assert check_sums(ingest.metrics())["delivered"] == 12_001
    finally:
        os.kill(broker_pid(kafka), signal.SIGCONT)
        ingest.stop()
    logged = {json.loads(value)["id"] for value in everything(kafka)}
    assert logged == {body["id"] for body in taps}


def test_the_age_of_the_oldest_pending_event_is_a_metric(kafka: Settings, tmp_path: Path) -> None:
    ingest = Ingest(kafka, tmp_path)
    os.kill(broker_pid(kafka), signal.SIGSTOP)
    ingest.start()
    try:
        ingest.send([unit("H26.AGE")])
        time.sleep(2.5)
        look = ingest.metrics()
        assert look[PENDING] == 1
        assert 1 <= look["hailong_outbox_pending_seconds"] < 10
        os.kill(broker_pid(kafka), signal.SIGCONT)
        wait_until(lambda: ingest.metric(PENDING) == 0, 30)
        assert ingest.metric("hailong_outbox_pending_seconds") == 0
    finally:
        os.kill(broker_pid(kafka), signal.SIGCONT)
        ingest.stop()
