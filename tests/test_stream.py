"""The stream's own parts: sorting messages, the order of a flush, dead letters."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass

import pytest
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from contract.refusals import Reason
from contract.topics import EVENTS
from runtime.kafka import make_producer
from stream import consumer
from stream.batch import Batch, batch_of, hour_of
from stream.dead_letters import replay
from tests.support import Stack, event, logged, rating, unit, wait_until


@dataclass
class Record:
    value: bytes | None
    topic: str = EVENTS
    partition: int = 1
    offset: int = 7


TAP = rating("H26.1", "2026-11-20T09:59:59+07:00")


def test_a_batch_knows_what_its_events_touch() -> None:
    accepted = event("dossier.accepted", "D1", "2026-11-20T10:00:00+07:00", unit="H26.2")
    called = event("queue.called", "T1", "2026-11-20T10:00:00+07:00", unit="H26.2")
    batch = batch_of([Record(logged(body)) for body in (TAP, accepted, called)])
    assert len(batch.lines) == 3
    assert batch.touched.dossiers == {"D1"}
    assert batch.touched.tickets == {"T1"}
    assert {(code, hour.hour) for code, hour in batch.touched.cells} == {("H26.1", 2), ("H26.2", 3)}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"{", Reason.NOT_JSON, id="cut off"),
        pytest.param(b"\xff", Reason.NOT_UTF8, id="not UTF-8"),
        pytest.param(None, Reason.NOT_JSON, id="a tombstone"),
        pytest.param(json.dumps(TAP).encode(), Reason.MISSING_FIELD, id="past ingest"),
        pytest.param(logged(TAP).replace(b'"score":4', b'"score":9'), Reason.SCORE_OUTSIDE_SCALE, id="score"),
    ],
)
def test_a_message_that_cannot_be_stored_is_set_aside_with_reason_origin_and_bytes(
    raw: bytes | None, reason: Reason
) -> None:
    batch = batch_of([Record(logged(TAP)), Record(raw)])
    (letter,) = batch.dead
    assert len(batch.lines) == 1
    assert (letter.reason, letter.topic, letter.partition, letter.offset) == (reason, EVENTS, 1, 7)
    assert letter.raw == (raw or b"")


def test_offsets_are_committed_after_everything_else() -> None:
    assert [step.__name__ for step in consumer.FLUSH] == ["_set_aside", "_store", "_recompute"]


def test_a_flush_that_fails_ends_the_run_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def fails(_client: Client, _producer: KafkaProducer, _batch: Batch) -> None:
        done.append("failed")
        raise OSError("the store is away")

    monkeypatch.setattr(consumer, "FLUSH", (fails,))
    with pytest.raises(OSError, match="away"):
        consumer.flush(None, None, Batch())  # type: ignore[arg-type]
    assert done == ["failed"]


def test_the_hour_of_an_instant_is_utc_and_without_a_zone() -> None:
    (cell,) = batch_of([Record(logged(TAP))]).touched.cells
    assert cell == ("H26.1", hour_of(cell[1]))


@pytest.mark.stack
def test_a_dead_letter_is_replayed_and_a_good_neighbour_is_stored(stack: Stack) -> None:
    stack.send([unit("DL", level="external")])
    tap = rating("DL", "2026-11-20T09:00:00+07:00", source="test/dead")
    producer = make_producer(stack.settings)
    for value in (b"not an event", logged(tap)):
        producer.send(EVENTS, key=b"DL", value=value).get(timeout=30)
    producer.close()
    stack.wait_stored("test/dead", 1)
    assert replay(stack.settings) >= 1
    again = threading.Event()
    wait_until(lambda: again.wait(1) or stack.get("/v1/counts", source="test/dead")["stored"] == 1, 30)
