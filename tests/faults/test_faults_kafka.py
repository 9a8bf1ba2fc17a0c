"""Kafka stopped, killed and torn; consumers that come and go."""

from __future__ import annotations

import signal
import time
from contextlib import suppress

import pytest
from confluent_kafka import Consumer, KafkaException

from contract.events.topics import EVENTS
from tests.faults.cases import LONG, proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Truth
from tests.support import wait_until

pytestmark = pytest.mark.stack

STOPPED_S = 60.0 if LONG else 1.5
TAKEN_OVER_S = 7.0


@proves(3)
def test_stopped_under_load(harness: Harness, truth: Truth) -> None:
    with harness.frozen("kafka"):
        assert harness.send(truth.events, truth) == []
        time.sleep(STOPPED_S)
        assert harness.metric("hailong_outbox_pending_events") >= len(truth.events)
    check(harness, truth)


@proves(4)
def test_stopped_for_longer_than_the_producer_is_waited_for(harness: Harness, truth: Truth) -> None:
    replaced = harness.metric("hailong_producers_replaced_total")
    with harness.frozen("kafka"):
        assert harness.send(truth.events, truth) == []
        wait_until(lambda: harness.metric("hailong_producers_replaced_total") > replaced, 20)
    check(harness, truth)


@proves(5)
def test_killed_with_unacknowledged_batches(harness: Harness, truth: Truth) -> None:
    done = harness.script("ingest", "handed over", "kafka")
    assert harness.send(truth.events, truth) == []
    wait_until(done.exists, 10, pause_s=0.02)
    harness.revive("kafka")
    check(harness, truth)


@proves(25)
def test_the_end_of_its_log_torn_by_a_power_cut(harness: Harness, truth: Truth) -> None:
    harness.end("stream")
    segments = list((harness.inner.state_dir / "data" / "kafka").glob(f"{EVENTS}-*/*.log"))
    before = [segment.stat().st_size for segment in segments]
    assert harness.send(truth.events, truth) == []
    harness.wait_delivered()
    harness.kill("kafka")
    for segment, size in zip(segments, before, strict=True):
        with segment.open("r+b") as file:
            file.truncate((size + segment.stat().st_size) // 2)
    harness.revive("kafka")
    harness.end("ingest")
    harness.revive()
    check(harness, truth)


@proves(20)
def test_consumers_join_and_leave(harness: Harness, truth: Truth) -> None:
    events = truth.events + truth.more(1)
    truth.events = events
    quarter = len(events) // 4
    try:
        harness.revive("stream-1")
        with harness.sending(events[:quarter], truth):
            pass
        harness.kill("stream")
        with harness.sending(events[quarter : 2 * quarter], truth):
            time.sleep(TAKEN_OVER_S)
        with harness.sending(events[2 * quarter : 3 * quarter], truth):
            harness.revive("stream")
        harness.end("stream-1")
        with harness.sending(events[3 * quarter :], truth):
            pass
        check(harness, truth)
    finally:
        harness.end("stream-1")


@proves(29)
def test_a_frozen_consumer_thaws_after_another_took_its_partitions(harness: Harness, truth: Truth) -> None:
    try:
        harness.revive("stream-1")
        frozen = harness.script("stream", "stored", signal_number=signal.SIGSTOP)
        with harness.sending(truth.events, truth):
            wait_until(frozen.exists, 20)
            time.sleep(TAKEN_OVER_S)
        harness.thaw("stream")
        harness.settle()
        harness.end("stream-1")
        check(harness, truth)
    finally:
        harness.end("stream-1")


@proves(35)
def test_another_process_with_its_name_in_the_group(harness: Harness, truth: Truth) -> None:
    settings = harness.settings
    names = {"group.id": settings.stream_group, "group.instance.id": settings.stream_instance}
    other = Consumer({"bootstrap.servers": settings.kafka, "session.timeout.ms": 6_000, "log_level": 2, **names})
    other.subscribe([EVENTS])
    pid = harness.pid("stream")
    deadline = time.monotonic() + 3
    with suppress(KafkaException):
        while time.monotonic() < deadline:
            other.poll(0.1)
    other.close()
    assert harness.send(truth.events, truth) == []
    check(harness, truth)
    assert harness.pid("stream") == pid
