"""Kafka to ClickHouse: polls messages, hands them to the writer, and commits their offsets when they are finished."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from kafka.errors import KafkaError

from contract.events.topics import STREAM_TOPICS
from runtime.http import serve_in_background
from runtime.kafka import make_group_consumer, make_producer
from runtime.settings import Settings
from runtime.telemetry import OFFSETS_LOST, log
from stream.account import LogAccount
from stream.batch import Batch
from stream.health import KafkaWatch, StreamHealth, make_health_app
from stream.writer import AfterStep, Writer

RETRY_S = 1.0
LONGEST_RETRY_S = 10.0
PRODUCER_CLOSE_S = 5.0
DRAIN_S = 20.0
ANSWER_S = 10.0
MAX_POLL_MESSAGES = 1_000
POLL_S = 0.02


def serve(settings: Settings, after_step: AfterStep = lambda _step: None) -> None:
    """Runs until SIGTERM or SIGINT. While Kafka or ClickHouse is away it waits, then continues from the last commit.

    Raises TooManyDeadLettersError when too many messages cannot be stored, which an operator must look at.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    health = StreamHealth()
    serve_in_background(make_health_app(health), settings.stream_url, settings.listen_host)
    pause_s = RETRY_S
    while not stopping.is_set():
        started = time.monotonic()
        try:
            run(settings, stopping, after_step, health)
        except (KafkaError, KafkaException, ClickHouseError, OSError) as error:
            ran_long = time.monotonic() - started > LONGEST_RETRY_S
            pause_s = RETRY_S if ran_long else min(pause_s * 2, LONGEST_RETRY_S)
            health.note_trouble(_explain(settings, error))
            log.warning("stream_waits", error=repr(error)[:500], pause_s=pause_s)
            stopping.wait(pause_s)


def run(
    settings: Settings,
    stopping: threading.Event,
    after_step: AfterStep = lambda _step: None,
    health: StreamHealth | None = None,
) -> None:
    """Consumes until ``stopping`` is set. Any error is raised and drops everything in memory.

    ``health`` gets a note of each round of the loop.
    """
    with ExitStack() as closing:
        producer = make_producer(settings)
        closing.callback(producer.close, timeout=PRODUCER_CLOSE_S)
        writer = Writer(settings, producer, after_step)
        closing.callback(writer.close)
        account = LogAccount()
        consumer = make_group_consumer(settings, settings.stream_group, settings.stream_instance)
        # A member with a static name keeps its place in the group, so that a restart gets its partitions at once.
        closing.callback(consumer.close)

        def start_partitions(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            starts = [_find_start(consumer, partition) for partition in partitions]
            account.begin(starts)
            consumer.assign(starts)

        def release_partitions(consumer: Consumer, _partitions: list[TopicPartition]) -> None:
            writer.drain(DRAIN_S)
            _commit(consumer, writer, account)
            if not writer.is_idle():
                lost.set()

        # Batches of partitions that another process has taken over must not be committed: its own commit is further on.
        lost = threading.Event()
        consumer.subscribe(
            list(STREAM_TOPICS),
            on_assign=start_partitions,
            on_revoke=release_partitions,
            on_lost=lambda *_: lost.set(),
        )
        kafka = KafkaWatch(consumer)
        while not stopping.is_set():
            batch = poll(consumer, settings, writer.is_idle)
            if lost.is_set():
                log.warning("partitions_lost", then="reads again from what was committed")
                return
            if batch:
                writer.put(batch)
            _commit(consumer, writer, account)
            after_step(4)
            if health:
                health.note_round(f"Kafka does not answer at {settings.kafka}" if kafka.is_away() else "")
            account.publish(consumer)
        writer.drain(DRAIN_S)
        _commit(consumer, writer, account)


def _explain(settings: Settings, error: Exception) -> str:
    """Which service the stream waits for, for the operator."""
    if isinstance(error, KafkaError | KafkaException):
        return f"Kafka does not answer at {settings.kafka}: {error}"[:500]
    return f"ClickHouse does not take it at {settings.clickhouse_url}: {error}"[:500]


def poll(consumer: Consumer, settings: Settings, is_idle: Callable[[], bool] = lambda: False) -> Batch | None:
    """The next messages up to the flush interval, number or bytes of the settings; None when there are none.

    While ``is_idle()`` the first messages do not wait for more; the next ones collect meanwhile.
    """
    messages: list[Message] = []
    nbytes = 0
    deadline = time.monotonic() + settings.flush_interval_s
    while (
        (left_s := deadline - time.monotonic()) > 0
        and (room := settings.flush_max_events - len(messages)) > 0
        and nbytes < settings.flush_max_mb << 20
    ):
        polled = consumer.consume(min(room, MAX_POLL_MESSAGES), min(left_s, POLL_S))
        for message in polled:
            if error := message.error():
                raise KafkaException(error)
        messages += polled
        nbytes += sum(map(len, polled))
        if messages and len(polled) < MAX_POLL_MESSAGES and is_idle():
            deadline = 0.0
    if not messages:
        return None
    positions = consumer.position(consumer.assignment())
    next_offsets = {(at.topic, at.partition): at.offset for at in positions if at.offset >= 0}
    return Batch(messages, next_offsets, full=time.monotonic() < deadline)


def _find_start(consumer: Consumer, partition: TopicPartition) -> TopicPartition:
    """The committed offset; the beginning when there is none, or, logged as an error, when its messages are gone."""
    (committed,) = consumer.committed([partition], ANSWER_S)
    first, end = consumer.get_watermark_offsets(partition, ANSWER_S)
    if first <= committed.offset <= end:
        return committed
    if committed.offset >= 0:
        lost = max(first - committed.offset, 0)
        OFFSETS_LOST.inc(lost)
        log.error(
            "offsets_lost",
            partition=f"{partition.topic}/{partition.partition}",
            committed=committed.offset,
            kept=[first, end],
            lost=lost or "unknown: the log is shorter than what was read of it",
        )
    return TopicPartition(partition.topic, partition.partition, OFFSET_BEGINNING)


def _commit(consumer: Consumer, writer: Writer, account: LogAccount) -> None:
    if offsets := writer.take_offsets():
        positions = [TopicPartition(*partition, offset) for partition, offset in offsets.items()]
        consumer.commit(offsets=positions, asynchronous=False)
        account.finish(offsets)
