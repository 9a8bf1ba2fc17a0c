"""Follows the reference topic, so that the registry also has units and tablets that came through another ingest."""

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
    """Applies one reference event to the registry. One that cannot be decoded is logged with its place and skipped."""
    try:
        event = decode(value)
        if not isinstance(event, Refusal):
            registry.apply(event)
    except Exception:  # noqa: BLE001 one message must not hide all units and tablets behind it
        log.exception("reference_message_skipped", nbytes=len(value), **place)


def follow_reference(settings: Settings, registry: Registry, stopping: threading.Event) -> threading.Thread:
    """Starts a thread that applies the whole topic and all later messages, until ``stopping`` is set.

    It marks the registry as loaded once every message that the topic had at the start is applied.
    """
    thread = threading.Thread(target=_follow, args=(settings, registry, stopping), name="reference", daemon=True)
    thread.start()
    return thread


def _follow(settings: Settings, registry: Registry, stopping: threading.Event) -> None:
    while not stopping.is_set():
        if not reachable(settings.kafka):
            stopping.wait(RETRY_S)
            continue
        try:
            consumer = make_reader(settings)
            try:
                _read_topic(consumer, registry, stopping)
            finally:
                with suppress(Exception):
                    consumer.close()
        except Exception as error:  # noqa: BLE001 without this thread revoked tablets could go on sending
            log.warning("reference_topic_not_followed", error=repr(error))
            stopping.wait(RETRY_S)


def _read_topic(consumer: KafkaConsumer, registry: Registry, stopping: threading.Event) -> None:
    consumer.assign([PARTITION])
    consumer.seek_to_beginning(PARTITION)
    end: int = consumer.end_offsets([PARTITION])[PARTITION]
    while not stopping.is_set():
        for record in consumer.poll(timeout_ms=POLL_MS).get(PARTITION, []):
            apply_fact(registry, record.value or b"", offset=record.offset)
        if not registry.is_loaded and consumer.position(PARTITION) >= end:
            registry.mark_loaded()
