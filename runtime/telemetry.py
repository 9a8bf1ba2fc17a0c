"""Metrics, one closed list of names, and the logger whose lines ``runtime.logs`` writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import structlog
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

log = structlog.get_logger()

PRODUCERS_REPLACED = Counter("hailong_producers_replaced", "Kafka producers given up because they hung")
TURNED_AWAY = Counter("hailong_ingest_requests_turned_away", "Requests answered with 503: to be sent again later")
STORED = Counter("hailong_stream_events_stored", "Events stored with all their figures, a repeated one each time")
IN_HAND = Gauge("hailong_stream_messages_in_hand", "Messages read from Kafka whose flush is not finished")
BATCHES_WAITING = Gauge("hailong_stream_batches_in_hand", "Batches in hand; at HAILONG_FLUSH_MAX_BATCHES none is read")
OFFSETS_LOST = Counter("hailong_stream_offsets_lost", "Messages that were gone from Kafka before the stream read them")
DEAD_LETTERS = Counter("hailong_stream_dead_letters", "Messages set aside as dead letters", ["reason"])
FLUSH_SECONDS = Histogram("hailong_stream_flush_seconds", "Time of one whole flush, insert to committed offsets")


INGEST_FIGURES: dict[str, tuple[type[CounterMetricFamily | GaugeMetricFamily], str]] = {
    "hailong_ingest_events_received": (CounterMetricFamily, "Events decided on since ingest started, read or not"),
    "hailong_ingest_events_accepted": (CounterMetricFamily, "Events admitted, a repeated one each time it comes"),
    "hailong_ingest_events_repeated": (CounterMetricFamily, "Admitted events that were known already"),
    "hailong_ingest_waiting_events": (GaugeMetricFamily, "Events read that wait for ingest's disk"),
    "hailong_ingest_waiting_bytes": (GaugeMetricFamily, "Bytes of those events"),
    "hailong_outbox_recalled_events": (
        GaugeMetricFamily,
        "Events found in the outbox at the start, to be sent (again)",
    ),
    "hailong_outbox_delivered_events": (CounterMetricFamily, "Events that Kafka acknowledged since ingest started"),
    "hailong_outbox_damaged_events": (CounterMetricFamily, "Events passed over since the start: damaged in the outbox"),
    "hailong_outbox_pending_events": (GaugeMetricFamily, "Admitted events that Kafka has not acknowledged yet"),
    "hailong_outbox_pending_bytes": (GaugeMetricFamily, "Bytes of those events"),
    "hailong_outbox_pending_seconds": (GaugeMetricFamily, "Age of the oldest of those events, 0 when there is none"),
    "hailong_outbox_refused_bytes": (
        GaugeMetricFamily,
        "Bytes of the refused lines that are kept and of what is said of each",
    ),
    "hailong_outbox_fill_ratio": (GaugeMetricFamily, "Pending and refused bytes as a share of HAILONG_OUTBOX_MAX_MB"),
    "hailong_relay_unacknowledged_events": (GaugeMetricFamily, "Pending events handed to the Kafka client"),
    "hailong_relay_unacknowledged_bytes": (GaugeMetricFamily, "Bytes of those events"),
}


class IngestMetrics(Collector):
    """Ingest's figures, read together at each look, so that their sums hold at every moment; 0 in other processes."""

    def __init__(self) -> None:
        self._read: Callable[[], tuple[Mapping[str, float], Mapping[str, int]]] = lambda: ({}, {})

    def watch(self, read: Callable[[], tuple[Mapping[str, float], Mapping[str, int]]]) -> None:
        """From now on ``read`` gives the figures by name, and the refused events by reason."""
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        figures, refused = self._read()
        for name, (family, documentation) in INGEST_FIGURES.items():
            yield family(name, documentation, value=figures.get(name, 0))
        by_reason = CounterMetricFamily("hailong_ingest_events_refused", "Events refused", labels=["reason"])
        for reason, count in refused.items():
            by_reason.add_metric([reason], count)
        yield by_reason


class LogMessages(Collector):
    """Where the messages of the log are, by topic and state, read together: ``written`` is the sum of the others."""

    def __init__(self) -> None:
        self.figures: Mapping[tuple[str, str], int] = {}

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        documentation = "Messages of the stream's topics: written = done + in_hand + unread, whatever was restarted"
        messages = GaugeMetricFamily("hailong_stream_log_messages", documentation, labels=["topic", "state"])
        for labels, count in self.figures.items():
            messages.add_metric(labels, count)
        yield messages


INGEST_METRICS, LOG_MESSAGES = IngestMetrics(), LogMessages()
REGISTRY.register(INGEST_METRICS)
REGISTRY.register(LOG_MESSAGES)
