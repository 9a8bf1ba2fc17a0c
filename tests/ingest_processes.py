"""A Kafka and an ingest of a test's own, to be stopped, killed and looked into."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from kafka import KafkaConsumer, TopicPartition

from contract.events.topics import EVENTS
from local import stack
from local.processes import Daemon
from runtime.ingest_client import IngestClient, Receipt
from runtime.kafka import create_topics
from runtime.settings import Settings
from tests.support import free_port, own_settings

KEY = "key-of-the-tests"
RUN = """
from functools import partial
import ingest.process
import commands.services
ingest.process.Relay = partial(ingest.process.Relay, stall_s=1.5)
commands.services.ingest()
"""
REPOSITORY = Path(__file__).parents[1]


@contextmanager
def own_kafka(folder: Path) -> Iterator[Settings]:
    """Settings of a running Kafka with the topics made."""
    settings = own_settings(folder)
    try:
        stack.up(settings, only=("kafka",))
        create_topics(settings)
        yield settings
    finally:
        stack.down(settings)
        gc.collect()


def broker_pid(settings: Settings) -> int:
    pid = Daemon(settings.state_dir.resolve(), "kafka").pid()
    assert pid
    return pid


class Log:
    """What the log holds since this was made, by partition."""

    def __init__(self, settings: Settings, topic: str = EVENTS) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False)
        partitions = [TopicPartition(topic, n) for n in range(settings.kafka_partitions if topic == EVENTS else 1)]
        self._consumer.assign(partitions)
        for partition, end in self._consumer.end_offsets(partitions).items():
            self._consumer.seek(partition, end)
        self.values: list[bytes] = []
        self.places: dict[str, set[int]] = {}

    def read(self, distinct: int, timeout_s: float = 60) -> list[bytes]:
        """Every message so far, once so many different ones have come."""
        deadline = time.monotonic() + timeout_s
        while len(set(self.values)) < distinct:
            assert time.monotonic() < deadline, f"{len(set(self.values))} of {distinct} came in {timeout_s} s"
            for partition, records in self._consumer.poll(timeout_ms=200).items():
                self.values += [record.value for record in records]
                for record in records:
                    self.places.setdefault(record.key.decode(), set()).add(partition.partition)
        return self.values

    def close(self) -> None:
        self._consumer.close()


def everything(settings: Settings) -> list[bytes]:
    """The whole log of events."""
    reading = Log(settings)
    consumer = reading._consumer
    consumer.seek_to_beginning()
    left = sum(consumer.end_offsets(list(consumer.assignment())).values())
    values: list[bytes] = []
    while len(values) < left:
        for records in consumer.poll(timeout_ms=500).values():
            values += [record.value for record in records]
    reading.close()
    return values


def ids_in_log(settings: Settings, unit_code: str) -> list[str]:
    """The ids of a unit's ratings in the order in which they first came."""
    events = [json.loads(value) for value in everything(settings)]
    return list(dict.fromkeys(e["id"] for e in events if e.get("data", {}).get("unit") == unit_code))


class Ingest:
    """A whole ingest process that gives a producer up after a second and a half."""

    def __init__(self, kafka: Settings, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        values = {"kafka": kafka.kafka, "outbox_path": folder / "outbox.sqlite", "ingest_url": self.url, "api_key": KEY}
        self._environment = {**os.environ, **{f"HAILONG_{name.upper()}": str(value) for name, value in values.items()}}
        self._log = folder / "ingest.log"

    def start(self) -> None:
        command = [sys.executable, "-c", RUN]
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                command, env=self._environment, cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT
            )

    def stop(self) -> None:
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(timeout=15)

    def send(self, bodies: list[dict[str, Any]]) -> Receipt:
        with IngestClient(self.url, KEY, patience_s=90) as client:
            return client.send([json.dumps(body).encode() for body in bodies])

    def metrics(self) -> dict[str, float]:
        """Every figure of one look."""
        lines = httpx.get(f"{self.url}/metrics", trust_env=False, timeout=10).text.splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")}

    def metric(self, name: str) -> float:
        return self.metrics()[name]
