"""The topics of the log, and where an event goes."""

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

    Events of one unit keep their order and have one reader at a time. Heartbeats are many and soon worth nothing: they
    have a topic of their own. Reference facts are keyed by what they are
    about, with the date from which they hold, so that compaction keeps the newest word on each.
    """
    if event.type == "device.seen":
        return HEARTBEATS, event.subject
    if event.type not in REFERENCE_EVENTS:
        return EVENTS, event.data.unit
    # Where a tablet stands and what it follows are two facts about one subject.
    kind = "configuration" if event.type == "device.configured" else event.type.partition(".")[0]
    valid_from = getattr(event.data, "valid_from", "")
    return REFERENCE, f"{kind}/{event.subject}/{valid_from}".rstrip("/")
