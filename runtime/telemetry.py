"""Logs and metrics: one line of JSON per event worth a person's time, one closed list of metric names."""

from __future__ import annotations

import logging

import structlog
from prometheus_client import Counter, Gauge, Histogram

from runtime.settings import Settings

log = structlog.get_logger()

RECEIVED = Counter("hailong_ingest_events_received", "Events that arrived at ingest, read or not")
ACCEPTED = Counter("hailong_ingest_events_accepted", "Events admitted, a repeated one each time it comes")
REPEATED = Counter("hailong_ingest_events_repeated", "Admitted events that were known already")
REFUSED = Counter("hailong_ingest_events_refused", "Events refused", ["reason"])
OUTBOX_PENDING = Gauge("hailong_outbox_pending_events", "Admitted events that Kafka has not acknowledged yet")
OUTBOX_BYTES = Gauge("hailong_outbox_pending_bytes", "Bytes of those events")
PRODUCERS_REPLACED = Counter("hailong_producers_replaced", "Kafka producers given up because they hung")
STORED = Counter("hailong_stream_events_stored", "Events stored with all their figures, a repeated one each time")
IN_HAND = Gauge("hailong_stream_messages_in_hand", "Messages read from Kafka whose flush is not finished")
BATCHES_WAITING = Gauge("hailong_stream_batches_in_hand", "Batches in hand; at HAILONG_FLUSH_MAX_BATCHES none is read")
OFFSETS_LOST = Counter("hailong_stream_offsets_lost", "Messages that were gone from Kafka before the stream read them")
DEAD_LETTERS = Counter("hailong_stream_dead_letters", "Messages set aside as dead letters", ["reason"])
FLUSH_SECONDS = Histogram("hailong_stream_flush_seconds", "Time of one whole flush, insert to committed offsets")
LAG = Gauge("hailong_stream_lag_messages", "Messages in Kafka that the stream has not read yet", ["topic"])


def configure_logging(settings: Settings, service: str) -> None:
    """JSON lines on standard output, from our code and the libraries alike, at the settings' level."""
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=max(level, logging.WARNING), format="%(asctime)s %(name)s %(levelname)s %(message)s")
