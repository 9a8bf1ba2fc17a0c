"""A Kafka and a ClickHouse of the benchmark's own, with the clients that it uses beside the measured programs."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client
from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.data.messages import Logged
from local.stack import down, status, up
from local.state import in_force
from runtime.kafka import create_topics
from runtime.settings import Settings
from tests.support import own_settings
from warehouse.client import connect

ANSWER_TIMEOUT_S = 10.0
TOPIC_TIMEOUT_S = 30.0
LOOK_INTERVAL_S = 0.01
QUIET = {"log_level": 2}
"""Clients outlive the broker for a moment at the end, which is nothing to be told of."""


@dataclass(frozen=True)
class Stores:
    """A running Kafka and ClickHouse."""

    settings: Settings

    @property
    def logs(self) -> Path:
        """The folder for the output of measured programs."""
        return self.settings.state_dir / "log"

    def pid(self, name: str) -> int:
        """The process id of ``kafka`` or ``clickhouse``."""
        return next(row.pid for row in status(self.settings) if row.name == name and row.pid)

    def client(self, database: str = "default") -> Client:
        """A client of one of the engine's databases."""
        return connect(self.settings, database=database)

    def environment(self, **values: str) -> dict[str, str]:
        """The environment of a program of ours on these stores, with some settings of its own."""
        variables = {f"HAILONG_{name.upper()}": value for name, value in values.items()}
        return in_force(self.settings, variables, alive=False, keep=False)[1]


@contextmanager
def stores(*names: str, clock: str = "") -> Iterator[Stores]:
    """The local stack's processes ``names`` (Kafka and ClickHouse when none) with fresh data, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hailong-bench-"))
    settings = own_settings(folder, clock=clock)
    try:
        yield Stores(up(settings, only=names or ("kafka", "clickhouse")))
    finally:
        down(settings)
        shutil.rmtree(folder, ignore_errors=True)


class Log:
    """The topics of one Kafka, and how far groups have read them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._servers: dict[str, str | int | float | bool] = {"bootstrap.servers": settings.kafka, **QUIET}
        self._admin = AdminClient(self._servers)

    def fill(self, messages: Sequence[Logged]) -> None:
        """Makes the topics of ``messages`` afresh and writes them there, in their order, as admitted by ingest."""
        topics = sorted({message.topic for message in messages})
        self._remove(topics)
        create_topics(self._settings)
        # The partitioner of the Java client and of kafka-python, with which ingest writes.
        tuning = {"partitioner": "murmur2_random", "compression.type": "lz4", "linger.ms": 50, "acks": "all"}
        producer = Producer(self._servers | tuning | {"queue.buffering.max.messages": 0})
        for message in messages:
            producer.produce(message.topic, message.value, message.key)
            producer.poll(0)
        if producer.flush(60):
            raise TimeoutError("Kafka did not take the messages within a minute")

    def make(self, topic: str) -> None:
        """Makes a topic with as many partitions as the product's."""
        shape = NewTopic(topic, num_partitions=self._settings.kafka_partitions, replication_factor=1)
        self._admin.create_topics([shape])[topic].result(ANSWER_TIMEOUT_S)

    def ends(self, topic: str) -> dict[int, int]:
        """The next offset of each partition."""
        consumer = Consumer(self._servers | {"group.id": "look"})
        try:
            parts = consumer.list_topics(topic, ANSWER_TIMEOUT_S).topics[topic].partitions
            return {n: consumer.get_watermark_offsets(TopicPartition(topic, n), ANSWER_TIMEOUT_S)[1] for n in parts}
        finally:
            consumer.close()

    def place(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Lets a group that has no members begin at these offsets."""
        places = [TopicPartition(topic, n, offset) for n, offset in offsets.items()]
        request = self._admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])
        request[group].result(ANSWER_TIMEOUT_S)

    def has_assigned(self, group: str) -> bool:
        """Whether the group has members and each partition its reader."""
        try:
            description = self._admin.describe_consumer_groups([group])[group].result(ANSWER_TIMEOUT_S)
        except KafkaException:
            return False
        return bool(description.state == ConsumerGroupState.STABLE and description.members)

    def _remove(self, topics: Sequence[str]) -> None:
        for future in self._admin.delete_topics(list(topics)).values():
            with suppress(KafkaException):
                future.result(ANSWER_TIMEOUT_S)
        deadline = time.monotonic() + TOPIC_TIMEOUT_S
        while self._admin.list_topics(timeout=ANSWER_TIMEOUT_S).topics.keys() & set(topics):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Kafka did not remove {', '.join(topics)}")
            time.sleep(LOOK_INTERVAL_S)


class Committed:
    """How far one group has committed one topic; looking costs the broker one small request."""

    def __init__(self, settings: Settings, group: str, topic: str, partitions: Sequence[int]) -> None:
        self._consumer = Consumer({"bootstrap.servers": settings.kafka, "group.id": group, **QUIET})
        self._places = [TopicPartition(topic, n) for n in partitions]

    def count(self) -> int:
        """Messages committed, in a topic whose offsets begin with 0."""
        committed = self._consumer.committed(self._places, ANSWER_TIMEOUT_S)
        return sum(max(0, place.offset) for place in committed)

    def close(self) -> None:
        """Ends the connection."""
        self._consumer.close()
