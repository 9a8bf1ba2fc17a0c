"""Follows the reference topic, so that units and tablets announced through another ingest are known here too."""

from __future__ import annotations

import threading
import time

from kafka import TopicPartition
from kafka.errors import KafkaError

from contract.events import decode
from contract.refusals import Refusal
from contract.topics import REFERENCE
from ingest.registry import Registry
from runtime.kafka import make_reader
from runtime.settings import Settings
from runtime.telemetry import log

POLL_MS = 1_000
RETRY_S = 2.0


def follow_reference(settings: Settings, registry: Registry, stopping: threading.Event) -> threading.Thread:
    """Starts a thread that applies the whole topic and what comes after, until ``stopping`` is set."""
    thread = threading.Thread(target=_follow, args=(settings, registry, stopping), name="reference", daemon=True)
    thread.start()
    return thread


def _follow(settings: Settings, registry: Registry, stopping: threading.Event) -> None:
    while not stopping.is_set():
        try:
            consumer = make_reader(settings)
            partition = TopicPartition(REFERENCE, 0)
            consumer.assign([partition])
            consumer.seek_to_beginning(partition)
            while not stopping.is_set():
                for records in consumer.poll(timeout_ms=POLL_MS).values():
                    for record in records:
                        event = decode(record.value)
                        if not isinstance(event, Refusal):
                            registry.apply(event)
            consumer.close()
        except KafkaError as error:
            log.warning("reference_topic_not_followed", error=repr(error))
            time.sleep(RETRY_S)
