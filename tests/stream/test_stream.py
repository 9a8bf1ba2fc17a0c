"""Parts of the stream: dead letters and their limits, the order of a flush, replay."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from contract.events.refusals import Reason
from contract.events.topics import EVENTS
from runtime.kafka import make_producer
from runtime.settings import Settings
from stream import writer as stream_writer
from stream.batch import Batch, DeadLetter, make_dead_letter
from stream.dead_letters import replay
from stream.limits import DeadLetterLimits, TooManyDeadLettersError
from stream.writer import Writer
from tests.support import Stack, logged, message, rating, unit, wait_until

TAP = rating("H26.1", "2026-11-20T09:59:59+07:00")
PLACE = (EVENTS, 1)


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
def test_a_dead_letter_has_reason_origin_and_bytes(raw: bytes | None, reason: Reason) -> None:
    letter = make_dead_letter(message(raw, place=PLACE, offset=7))
    assert (letter.reason, letter.topic, letter.partition, letter.offset) == (reason, EVENTS, 1, 7)
    assert letter.raw == (raw or b"")


def _batch(good: list[int], dead: list[int]) -> tuple[Batch, list[DeadLetter]]:
    messages = [message(b"{}", place=PLACE, offset=offset) for offset in sorted(good + dead)]
    letters = [DeadLetter(Reason.NOT_JSON, "", *PLACE, offset, b"") for offset in dead]
    return Batch(messages, {PLACE: max(good + dead) + 1}), letters


def test_a_run_of_dead_letters_is_counted_over_batches_and_ends_with_a_good_message() -> None:
    limits = DeadLetterLimits(longest_run=5, largest_share=1.0)
    limits.check(*_batch([0], [1, 2, 3]))
    limits.check(*_batch([5], [4, 6, 7]))
    limits.check(*_batch([], [8, 9, 10]))
    with pytest.raises(TooManyDeadLettersError, match=r"6 messages in a row.*hailong.events/1/11"):
        limits.check(*_batch([], [11]))


def test_a_share_of_dead_letters_stops_the_stream_only_once_the_window_is_full() -> None:
    limits = DeadLetterLimits(longest_run=1_000, largest_share=0.25, window=100)
    limits.check(*_batch(list(range(1, 50)), [0]))
    limits.check(*_batch(list(range(70, 99)), list(range(50, 70))))
    with pytest.raises(TooManyDeadLettersError, match="31 of the last 110"):
        limits.check(*_batch([110], list(range(100, 110))))


@pytest.fixture
def producer() -> Any:
    """None: batches without dead letters send nothing."""
    return None


@pytest.fixture
def writer_and_steps(engine: Settings, store: Client, producer: KafkaProducer) -> Iterator[tuple[Writer, list[int]]]:
    """A writer over an empty store, and the list of its finished steps."""
    assert store is not None
    steps: list[int] = []
    writer = Writer(engine, producer, steps.append)
    yield writer, steps
    writer.close()


def _taps(count: int, first: int = 0, *strange: bytes | None) -> Batch:
    taps = [rating("H26.1", "2026-11-20T09:00:00+07:00", key=str(first + n)) for n in range(count)]
    values = [*map(logged, taps), *strange]
    messages = [message(value, place=PLACE, offset=first + n) for n, value in enumerate(values)]
    return Batch(messages, {PLACE: first + len(messages)})


def test_offsets_are_returned_after_every_other_step(writer_and_steps: tuple[Writer, list[int]], store: Client) -> None:
    writer, steps = writer_and_steps
    writer.put(_taps(3))
    writer.drain(30)
    assert steps == [1, 2, 3]
    assert writer.take_offsets() == {PLACE: 3}
    assert store.query("SELECT sum(events) FROM hours_of_events FINAL").result_rows == [(3,)]


def test_batches_are_finished_in_their_order_however_they_were_stored(
    writer_and_steps: tuple[Writer, list[int]], store: Client
) -> None:
    writer, _ = writer_and_steps
    seen = []
    for n in range(30):
        writer.put(_taps(4, 4 * n))
        seen += list(writer.take_offsets().values())
    writer.drain(30)
    seen += list(writer.take_offsets().values())
    assert seen == sorted(seen)
    assert seen[-1] == 120
    assert store.query("SELECT sum(answered) FROM hours_of_ratings FINAL").result_rows == [(120,)]


def test_the_error_of_a_batch_is_raised_and_no_offset_is_returned(
    writer_and_steps: tuple[Writer, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, steps = writer_and_steps

    def fails(*_: object) -> None:
        raise OSError("the store is away")

    monkeypatch.setattr(stream_writer, "recompute", fails)
    writer.put(_taps(1))
    writer.drain(30)
    with pytest.raises(OSError, match="away"):
        writer.take_offsets()
    assert 3 not in steps


@pytest.mark.stack
def test_dead_letters_are_replayed_and_their_good_neighbours_stored(stack: Stack) -> None:
    stack.send([unit("DL", level="external")])
    taps = [rating("DL", f"2026-11-20T09:00:0{n}+07:00", source="test/dead") for n in range(3)]
    producer = make_producer(stack.settings)
    strange = [
        b"not an event",
        b"not\tan event\neither",
        logged(taps[2]).replace(b'"unit":"DL"', b'"unit":""'),
        b"\xff",
    ]
    for value in (strange[0], logged(taps[0]), *strange[1:], logged(taps[1])):
        producer.send(EVENTS, key=b"DL", value=value).get(timeout=30)
    producer.close()
    stack.wait_stored("test/dead", 2)
    wait_until(lambda: replay(stack.settings) >= 4, 30, pause_s=1)
    again = threading.Event()
    wait_until(lambda: again.wait(1) or stack.get("/v1/counts", source="test/dead")["stored"] == 2, 30)
