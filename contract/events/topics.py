"""Kafka topics, and the topic and key of each event."""

from __future__ import annotations

from contract.events.envelope import AnyEvent
from contract.events.reference import REFERENCE_EVENTS

EVENTS = "hailong.events"
REFERENCE = "hailong.reference"
HEARTBEATS = "hailong.heartbeats"
DEAD_LETTERS = "hailong.dead-letters"

STREAM_TOPICS = (REFERENCE, HEARTBEATS, EVENTS)


def route(event: AnyEvent) -> tuple[str, str]:
    """Topic and key of an event.

    Events of one unit share a partition, so they keep their order and have one consumer at a time. Heartbeats are many
    and soon obsolete, so they have their own topic. Reference facts are keyed by subject and date of effect, so that
    compaction keeps the newest fact on each.
    """
    if event.type == "device.seen":
        return HEARTBEATS, event.subject
    if event.type not in REFERENCE_EVENTS:
        return EVENTS, event.data.unit
    # The place and the configuration of a tablet are two facts about one subject.
    kind = "configuration" if event.type == "device.configured" else event.type.partition(".")[0]
    valid_from = getattr(event.data, "valid_from", "")
    return REFERENCE, "/".join(part for part in (kind, event.subject, str(valid_from)) if part)
