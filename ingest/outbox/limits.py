"""How much the outbox takes and keeps, and which event types it rejects first as it fills (load shedding)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

# A single Kafka node acknowledges from memory. Rows outlive its next write-back to disk and are sent again after a
# restart.
KEEP_DELIVERED_S = 120.0

NEARLY_FULL = 0.9
"""Fill ratio from which ingest is not ready: some senders are turned away."""

ACCEPTED_BELOW: tuple[tuple[float, frozenset[str]], ...] = (
    (0.8, frozenset({"device.seen", "staff", "point"})),
    (NEARLY_FULL, frozenset({"rating", "queue", "petition"})),
)
"""Fill ratio below which events are accepted, by their type or its first part. All others (steps of dossiers and
reference facts) are accepted until the outbox is full."""

_FULL = 1.0
_LIMITS = dict(chain.from_iterable(((name, limit) for name in names) for limit, names in ACCEPTED_BELOW))
_LOWEST = min(limit for limit, _ in ACCEPTED_BELOW)


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Bounds in days, bytes and seconds. Undelivered events and refused lines share ``max_bytes``."""

    id_retention_days: int
    refused_max_bytes: int
    max_bytes: int = 4_000_000_000
    keep_delivered_s: float = KEEP_DELIVERED_S
    tablet_backlog_days: int = 90


def first_shed_type(fill_ratio: float, types: Iterable[str]) -> str | None:
    """The first of these event types that is rejected at this fill ratio; None when all are accepted."""
    if fill_ratio < _LOWEST:
        return None
    return next((event_type for event_type in types if fill_ratio >= _limit_of(event_type)), None)


def _limit_of(event_type: str) -> float:
    return _LIMITS.get(event_type) or _LIMITS.get(event_type.partition(".")[0], _FULL)
