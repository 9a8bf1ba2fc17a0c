"""Kafka to ClickHouse. The order of a flush is the whole promise:

1. dead letters are written to their topic,
2. the events are stored (sent twice, they meet themselves),
3. every figure they touch is made anew from what is stored,
4. the offsets are committed.

A crash between any two steps means that the batch is read again, and each step may be repeated.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from kafka import KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from prometheus_client import start_http_server

from contract.topics import STREAM_TOPICS
from runtime.http import host_and_port
from runtime.kafka import make_group_consumer, make_producer
from runtime.settings import Settings
from runtime.telemetry import FLUSH_SECONDS, LAG, STORED, log
from stream.batch import Batch, Message, batch_of
from stream.dead_letters import set_aside
from warehouse.client import connect
from warehouse.store import insert_events, recompute

GROUP = "hailong-stream"
RETRY_S = 1.0
LONGEST_RETRY_S = 10.0
PRODUCER_CLOSE_S = 5.0

Step = Callable[[Client, KafkaProducer, Batch], None]


def _set_aside(_client: Client, producer: KafkaProducer, batch: Batch) -> None:
    if batch.dead:
        set_aside(producer, batch.dead)


def _store(client: Client, _producer: KafkaProducer, batch: Batch) -> None:
    if batch.lines:
        insert_events(client, batch.lines)
        STORED.inc(len(batch.lines))


def _recompute(client: Client, _producer: KafkaProducer, batch: Batch) -> None:
    recompute(client, batch.touched)


FLUSH: tuple[Step, ...] = (_set_aside, _store, _recompute)
"""What happens to a batch before its offsets are committed, in this order."""


def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. While Kafka or ClickHouse is away it waits, then reads from the last commit."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    host, port = host_and_port(settings.stream_url)
    start_http_server(port, settings.listen_host or host)
    pause_s = RETRY_S
    while not stopping.is_set():
        started = time.monotonic()
        try:
            run(settings, stopping)
        except (KafkaError, ClickHouseError, OSError) as error:
            went_well = time.monotonic() - started > LONGEST_RETRY_S
            pause_s = RETRY_S if went_well else min(pause_s * 2, LONGEST_RETRY_S)
            log.warning("stream_waits", error=repr(error)[:500], pause_s=pause_s)
            stopping.wait(pause_s)


def run(settings: Settings, stopping: threading.Event) -> None:
    """Consumes until ``stopping``; on any error everything in memory is dropped and the error raised."""
    with ExitStack() as closing:
        client = connect(settings)
        closing.callback(client.close)
        producer = make_producer(settings)
        closing.callback(producer.close, timeout=PRODUCER_CLOSE_S)
        consumer = make_group_consumer(settings, STREAM_TOPICS, GROUP, settings.stream_instance)
        # The member stays known to its group, so that a restart finds its partitions at once.
        closing.callback(consumer.close, autocommit=False)
        while not stopping.is_set():
            messages = poll(consumer, settings.flush_interval_s, settings.flush_max_events)
            if messages:
                started = time.perf_counter()
                flush(client, producer, batch_of(messages))
                consumer.commit()
                FLUSH_SECONDS.observe(time.perf_counter() - started)
                _report_lag(consumer)


def poll(consumer: KafkaConsumer, interval_s: float, limit: int) -> list[Message]:
    """The messages of up to ``interval_s`` or ``limit``, those of the reference topic first."""
    messages: list[Message] = []
    deadline = time.monotonic() + interval_s
    while (left_s := deadline - time.monotonic()) > 0 and len(messages) < limit:
        polled = consumer.poll(timeout_ms=int(left_s * 1000), max_records=limit - len(messages))
        for partition in sorted(polled, key=lambda part: STREAM_TOPICS.index(part.topic)):
            messages.extend(polled[partition])
    return messages


def flush(client: Client, producer: KafkaProducer, batch: Batch) -> None:
    """Steps 1 to 3; when it returns, the offsets may be committed."""
    for step in FLUSH:
        step(client, producer, batch)


def _report_lag(consumer: KafkaConsumer) -> None:
    for topic in STREAM_TOPICS:
        lag = 0
        for partition in consumer.assignment():
            highwater = consumer.highwater(partition) if partition.topic == topic else None
            if highwater is not None:
                lag += highwater - consumer.position(partition)
        LAG.labels(topic).set(lag)
