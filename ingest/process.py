"""The parts of one ingest process, started and closed together."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial

from ingest.admission.admission import Admission
from ingest.admission.follower import apply_fact, follow_reference
from ingest.admission.registry import Registry
from ingest.metrics import read_metrics
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from ingest.relay import Relay
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.telemetry import INGEST_METRICS

# Refused lines are kept for their senders; they must never take the room of events.
REFUSED_SHARE = 0.25
MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Ingest:
    """What the routes use. Each part runs its own threads."""

    settings: Settings
    clock: Clock
    registry: Registry
    outbox: Outbox
    relay: Relay
    admission: Admission
    stopping: threading.Event

    def close(self) -> None:
        """Stops all threads; accepted events are on disk."""
        self.stopping.set()
        self.admission.close()
        self.relay.close()
        self.outbox.close()


def start_ingest(settings: Settings, clock: Clock) -> Ingest:
    """Opens the outbox, loads the registry from it and starts all threads; ``OutboxError`` when it cannot be opened."""
    registry, stopping = Registry(), threading.Event()
    max_bytes = settings.outbox_max_mb * MEGABYTE
    limits = OutboxLimits(
        settings.id_retention_days,
        refused_max_bytes=int(REFUSED_SHARE * max_bytes),
        max_bytes=max_bytes,
        tablet_backlog_days=settings.tablet_backlog_days,
    )
    outbox = Outbox(settings.outbox_path, limits, registry.apply_stored)
    for value in outbox.read_facts():
        apply_fact(registry, value)
        registry.mark_loaded()
    relay = Relay(settings, outbox)
    follow_reference(settings, registry, stopping)
    INGEST_METRICS.watch(partial(read_metrics, outbox, relay))
    return Ingest(settings, clock, registry, outbox, relay, Admission(settings, registry, clock), stopping)
