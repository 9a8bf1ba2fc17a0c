"""Follows the reference topic, so that units and tablets announced through another ingest are known here too."""

from __future__ import annotations

import threading
from contextlib import suppress

from kafka import KafkaConsumer, TopicPartition

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.events.topics import REFERENCE
from ingest.admission.registry import Registry
from runtime.kafka import make_reader
from runtime.reachable import reachable
from runtime.settings import Settings
from runtime.telemetry import log

POLL_MS = 1_000
RETRY_S = 2.0
PARTITION = TopicPartition(REFERENCE, 0)


def apply_fact(registry: Registry, value: bytes, **place: object) -> None:
    """Tells the registry one reference event; one that cannot be judged is logged, with its place, and skipped."""
    try:
        event = decode(value)
        if not isinstance(event, Refusal):
            registry.apply(event)
    except Exception:  # noqa: BLE001 one message must not keep all units and tablets behind it unknown
        log.exception("reference_message_skipped", nbytes=len(value), **place)


def follow_reference(
    settings: Settings, registry: Registry, read_through: threading.Event, stopping: threading.Event
) -> threading.Thread:
    """Starts a thread that applies the whole topic and what comes after, until ``stopping`` is set.

    ``read_through`` is set once everything that was there at the start has been applied.
    """
    thread = threading.Thread(
        target=_follow, args=(settings, registry, read_through, stopping), name="reference", daemon=True
    )
    thread.start()
    return thread


def _follow(settings: Settings, registry: Registry, read_through: threading.Event, stopping: threading.Event) -> None:
    while not stopping.is_set():
        if not reachable(settings.kafka):
            stopping.wait(RETRY_S)
            continue
        try:
            consumer = make_reader(settings)
            try:
                _read(consumer, registry, read_through, stopping)
            finally:
                with suppress(Exception):
                    consumer.close()
        except Exception as error:  # noqa: BLE001 without this thread revoked tablets would stay admitted
            log.warning("reference_topic_not_followed", error=repr(error))
            stopping.wait(RETRY_S)


def _read(
    consumer: KafkaConsumer, registry: Registry, read_through: threading.Event, stopping: threading.Event
) -> None:
    consumer.assign([PARTITION])
    consumer.seek_to_beginning(PARTITION)
    end: int = consumer.end_offsets([PARTITION])[PARTITION]
    while not stopping.is_set():
        for record in consumer.poll(timeout_ms=POLL_MS).get(PARTITION, []):
            apply_fact(registry, record.value or b"", offset=record.offset)
        if not read_through.is_set() and consumer.position(PARTITION) >= end:
            read_through.set()
