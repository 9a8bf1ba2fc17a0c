"""From the outbox to a real Kafka that is killed, stopped, away at the start and back again: everything arrives."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from contract.events.topics import EVENTS
from ingest.admission.registry import Sender
from ingest.outbox.batch import Admitted
from ingest.outbox.chunks import Chunk, DamagedChunk
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from ingest.outbox.store import CHUNK_EVENTS
from ingest.process import Ingest as IngestParts
from ingest.process import start_ingest
from ingest.relay import LARGEST_CHUNK_BYTES, MAX_UNACKNOWLEDGED, MAX_UNACKNOWLEDGED_BYTES, Relay
from local import stack
from runtime.clock import wall_clock
from runtime.ingest_client import Receipt
from runtime.kafka import make_producer
from runtime.reachable import reachable
from runtime.settings import Settings
from runtime.telemetry import PRODUCERS_REPLACED
from tests.ingest.test_admission import hash_of
from tests.ingest.test_outbox import batch, submit
from tests.ingest_processes import Ingest, Log, broker_pid, everything, ids_in_log, own_kafka
from tests.support import event, rating, unit, wait_until

# kafka-python leaves the sockets of refused connections to the garbage collector, which complains of them.
pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]

REPOSITORY = Path(__file__).parents[2]
numbers = count(1)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a Kafka of its own, with the topics made."""
    with own_kafka(tmp_path_factory.mktemp("relay")) as settings:
        yield settings


@pytest.fixture
def log(kafka: Settings) -> Iterator[Log]:
    reading = Log(kafka)
    yield reading
    reading.close()


@contextmanager
def relay_outbox(settings: Settings, path: Path) -> Iterator[Outbox]:
    """An outbox whose rows go to Kafka."""
    outbox = Outbox(path, OutboxLimits(30, 1_000_000))
    relay = Relay(settings, outbox)
    try:
        yield outbox
    finally:
        relay.close()
        outbox.close()


def new_event(key: str) -> Admitted:
    number = next(numbers)
    value = json.dumps({"number": number, "key": key, "comment": "x" * 200}).encode()
    return Admitted(number.to_bytes(16, "big"), b"0" * 16, EVENTS, key, value, value, "x", None)


def put(outbox: Outbox, amount: int, key: str = "H26.01") -> list[bytes]:
    """Stores so many new events and returns what must arrive."""
    new_events = [new_event(key) for _ in range(amount)]
    for start in range(0, amount, 500):
        submit(outbox, batch(*new_events[start : start + 500])).result(timeout=30)
    return [event.value for event in new_events]


def in_order(values: list[bytes]) -> list[bytes]:
    """Each different message at its first coming."""
    return list(dict.fromkeys(values))


def test_events_arrive_once_and_those_of_one_unit_in_order(kafka: Settings, log: Log, tmp_path: Path) -> None:
    with relay_outbox(kafka, tmp_path / "outbox.sqlite") as outbox:
        sent = {key: put(outbox, 1500, key) for key in ("H26.01", "H26.02")}
        arrived = log.read(3000)
        wait_until(lambda: outbox.delivered_seq == outbox.last_seq, 10)
        assert outbox.pending_bytes == 0
    assert len(arrived) == 3000
    for key, values in sent.items():
        assert [value for value in arrived if json.loads(value)["key"] == key] == values


def test_a_key_keeps_its_partition_whichever_client_writes_it(kafka: Settings, log: Log, tmp_path: Path) -> None:
    units = [f"H26.{n}" for n in range(30)]
    with relay_outbox(kafka, tmp_path / "outbox.sqlite") as outbox:
        for code in units:
            put(outbox, 1, code)
        log.read(30)
    producer = make_producer(kafka)
    for code in units:
        producer.send(EVENTS, key=code.encode(), value=json.dumps({"key": code}).encode())
    producer.flush(timeout=30)
    producer.close()
    log.read(60)
    assert set(log.places) == set(units)
    assert {len(partitions) for partitions in log.places.values()} == {1}


def test_a_request_can_wait_until_kafka_has_its_events(kafka: Settings, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    relay = Relay(kafka, outbox)
    try:
        put(outbox, 10)
        relay.when_delivered(10).result(timeout=30)
        assert outbox.delivered_seq == 10
        relay.when_delivered(10).result(timeout=0)
        later = relay.when_delivered(11)
        assert not later.done()
        put(outbox, 1)
        later.result(timeout=30)
    finally:
        relay.close()
        outbox.close()


def test_an_idle_relay_sleeps(kafka: Settings, tmp_path: Path) -> None:
    with relay_outbox(kafka, tmp_path / "outbox.sqlite") as outbox:
        put(outbox, 10)
        wait_until(lambda: outbox.delivered_seq == 10, 30)
        time.sleep(1)
        used_s, started = time.process_time(), time.monotonic()
        time.sleep(2)
        assert (time.process_time() - used_s) / (time.monotonic() - started) < 0.1


def test_rows_kept_after_delivery_do_not_hold_up_new_ones(kafka: Settings, log: Log, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with relay_outbox(kafka, path) as outbox:
        put(outbox, 3000)
        wait_until(lambda: outbox.delivered_seq == 3000, 30)
        started = time.monotonic()
        put(outbox, 1)
        wait_until(lambda: outbox.delivered_seq == 3001, 5, pause_s=0.01)
        assert time.monotonic() - started < 1
    with relay_outbox(kafka, path) as outbox:  # a restart sends the kept ones again
        wait_until(lambda: outbox.delivered_seq == 3001, 30)
        assert outbox.pending_bytes == 0
    log.read(3001)
    wait_until(lambda: len(log.read(0) or log.values) >= 3001, 5)


def test_a_restart_carries_on_where_kafka_had_not_acknowledged(kafka: Settings, log: Log, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, OutboxLimits(30, 1_000_000))
    sent = put(outbox, 700)
    outbox.close()
    with relay_outbox(kafka, path):
        assert in_order(log.read(700)) == sent


def test_kafka_killed_and_started_again_has_everything(kafka: Settings, tmp_path: Path) -> None:
    reading = Log(kafka)
    with relay_outbox(kafka, tmp_path / "outbox.sqlite") as outbox:
        sent = put(outbox, 500)
        os.kill(broker_pid(kafka), signal.SIGKILL)
        sent += put(outbox, 500)
        reading.close()
        stack.up(kafka, only=("kafka",))
        sent += put(outbox, 500)
        wait_until(lambda: outbox.delivered_seq == 1500, 90)
        assert outbox.pending_bytes == 0
    assert in_order([value for value in everything(kafka) if value in set(sent)]) == sent


def test_a_producer_that_hangs_is_replaced_and_everything_arrives(kafka: Settings, tmp_path: Path) -> None:
    ingest = Ingest(kafka, tmp_path)
    taps = [rating("H26.HANG", "2026-01-05T08:30:00+07:00", key=str(n)) for n in range(900)]
    pid = broker_pid(kafka)
    ingest.start()
    try:
        ingest.send([unit("H26.HANG"), *taps[:300]])
        os.kill(pid, signal.SIGSTOP)
        ingest.send(taps[300:600])
        wait_until(lambda: ingest.metric("hailong_producers_replaced_total") >= 1, 20)
        assert ingest.metric("hailong_outbox_pending_events") >= 300
        os.kill(pid, signal.SIGCONT)
        ingest.send(taps[600:])
        wait_until(lambda: ingest.metric("hailong_outbox_pending_events") == 0, 90)
    finally:
        os.kill(pid, signal.SIGCONT)
        ingest.stop()
    assert ids_in_log(kafka, "H26.HANG") == [body["id"] for body in taps]


def test_kafka_away_at_the_start_is_found_when_it_comes(kafka: Settings, tmp_path: Path) -> None:
    os.kill(broker_pid(kafka), signal.SIGKILL)
    wait_until(lambda: not reachable(kafka.kafka), 10)
    threads = threading.active_count()
    with relay_outbox(kafka, tmp_path / "outbox.sqlite") as outbox:
        sent = put(outbox, 10)
        time.sleep(3)
        assert (outbox.delivered_seq, threading.active_count() - threads) == (0, 2)
        stack.up(kafka, only=("kafka",))
        wait_until(lambda: outbox.delivered_seq == 10, 60)
    assert set(sent) <= set(everything(kafka))


def test_two_ingests_share_units_and_tablets_through_kafka(kafka: Settings, tmp_path: Path) -> None:
    tap = rating("H26.REL", "2026-01-05T08:30:00+07:00", device="TAB-R")
    with ingest_at(kafka, tmp_path / "a") as first, ingest_at(kafka, tmp_path / "b") as other:
        assert admit(first, unit("H26.REL"), tap) == 2
        wait_until(lambda: other.registry.knows_unit("H26.REL"), 30)
        assert admit(other, tap) == 1
        paired = event("device.paired", "TAB-R", "2026-01-01T00:00:00Z", unit="H26.REL", token_sha256=hash_of("t"))
        assert admit(other, paired) == 1
        wait_until(lambda: first.registry.device_by_token("t") is not None, 30)
        assert admit(first, event("device.revoked", "TAB-R", "2026-01-02T00:00:00Z", unit="H26.REL")) == 1
        wait_until(lambda: other.registry.device_by_token("t") is None, 30)


def test_an_ingest_catches_up_on_reference_facts_when_kafka_is_back(kafka: Settings, tmp_path: Path) -> None:
    with ingest_at(kafka, tmp_path / "a") as first, ingest_at(kafka, tmp_path / "b") as other:
        wait_until(lambda: other.registry.is_loaded, 30)
        os.kill(broker_pid(kafka), signal.SIGKILL)
        assert admit(first, unit("H26.LATE")) == 1
        stack.up(kafka, only=("kafka",))
        wait_until(lambda: other.registry.knows_unit("H26.LATE"), 60)


@contextmanager
def ingest_at(settings: Settings, folder: Path) -> Iterator[IngestParts]:
    ingest = start_ingest(settings.model_copy(update={"outbox_path": folder / "outbox.sqlite"}), wall_clock)
    try:
        yield ingest
    finally:
        ingest.close()


def admit(ingest: IngestParts, *events: dict[str, Any]) -> int:
    """The number of accepted events of one request."""
    lines = [json.dumps(body).encode() for body in events]
    batch = asyncio.run(ingest.admission.admit_lines(lines, 0, Sender(), set()))
    return ingest.outbox.enqueue([batch]).result(timeout=30)[0].accepted


def test_ingest_ended_by_sigterm_under_load_loses_nothing(kafka: Settings, tmp_path: Path) -> None:
    ingest = Ingest(kafka, tmp_path)
    taps = [rating("H26.TERM", "2026-01-05T08:30:00+07:00", key=str(n)) for n in range(20_000)]
    receipts: list[Receipt] = []
    sending = threading.Thread(target=lambda: receipts.append(ingest.send([unit("H26.TERM"), *taps])))
    ingest.start()
    try:
        sending.start()
        for _ in range(3):
            time.sleep(2)
            ingest.stop()
            ingest.start()
        sending.join(timeout=120)
        assert [(receipt.accepted, receipt.rejected) for receipt in receipts] == [(20_001, [])]
        wait_until(lambda: ingest.metric("hailong_outbox_pending_events") == 0, 60)
    finally:
        ingest.stop()
    assert ids_in_log(kafka, "H26.TERM") == [body["id"] for body in taps]


def test_what_a_hanging_kafka_did_not_acknowledge_is_bounded_and_arrives_in_order(
    kafka: Settings, log: Log, tmp_path: Path
) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    os.kill(broker_pid(kafka), signal.SIGSTOP)
    relay = Relay(kafka, outbox, stall_s=2)
    replaced = PRODUCERS_REPLACED._value.get()
    try:
        sent = put(outbox, 2 * MAX_UNACKNOWLEDGED)
        wait_until(lambda: relay.unacknowledged.events > MAX_UNACKNOWLEDGED - CHUNK_EVENTS, 30)
        held = []
        while PRODUCERS_REPLACED._value.get() < replaced + 2:
            held.append(relay.unacknowledged)
            time.sleep(0.05)
        assert max(waiting.events for waiting in held) <= MAX_UNACKNOWLEDGED
        os.kill(broker_pid(kafka), signal.SIGCONT)
        assert in_order(log.read(len(sent))) == sent
    finally:
        os.kill(broker_pid(kafka), signal.SIGCONT)
        relay.close()
        outbox.close()


def test_large_events_under_way_are_bounded_by_their_bytes(kafka: Settings, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    os.kill(broker_pid(kafka), signal.SIGSTOP)
    relay = Relay(kafka, outbox)
    try:
        large = json.dumps("x" * 60_000).encode()
        some = [Admitted(n.to_bytes(16, "big"), b"0" * 16, EVENTS, "u", large, large, "x", None) for n in range(1000)]
        submit(outbox, batch(*some)).result(timeout=30)
        wait_until(lambda: relay.unacknowledged.nbytes > MAX_UNACKNOWLEDGED_BYTES - 2 * LARGEST_CHUNK_BYTES, 30)
        time.sleep(0.5)
        assert relay.unacknowledged.nbytes <= MAX_UNACKNOWLEDGED_BYTES < outbox.pending_bytes
    finally:
        os.kill(broker_pid(kafka), signal.SIGCONT)
        relay.close()
        outbox.close()


def test_a_damaged_chunk_holds_up_nothing_and_kafka_is_not_blamed(kafka: Settings, log: Log, tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path, OutboxLimits(30, 1_000_000))
    sent = [put(outbox, 100) for _ in range(5)]
    outbox.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE chunks SET routes = substr(routes, 2) WHERE last_seq = 300")
    replaced = PRODUCERS_REPLACED._value.get()
    with capture_logs() as logs, relay_outbox(kafka, path) as outbox:
        whole = [value for n, values in enumerate(sent) if n != 2 for value in values]
        assert in_order(log.read(400)) == whole
        wait_until(lambda: outbox.delivered_seq == 500, 10)
        assert outbox.progress == (500, 100)
        assert outbox.pending_bytes == 0
    assert [entry["event"] for entry in logs] == ["outbox_chunk_damaged"]
    assert PRODUCERS_REPLACED._value.get() == replaced


def test_a_relay_whose_reading_fails_goes_on(kafka: Settings, log: Log, tmp_path: Path) -> None:
    failures = iter([sqlite3.OperationalError("disk I/O error")] * 2)

    class Sometimes(Outbox):
        def read(self, after_seq: int, connection: sqlite3.Connection) -> Chunk | DamagedChunk | None:
            if fault := next(failures, None):
                raise fault
            return super().read(after_seq, connection)

    outbox = Sometimes(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    relay = Relay(kafka, outbox)
    try:
        sent = put(outbox, 20)
        assert in_order(log.read(20)) == sent
    finally:
        relay.close()
        outbox.close()
