"""What one batch of messages is about. Pure: messages in, a batch out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from contract.events import AnyEvent, decode
from contract.refusals import Reason, Refusal
from warehouse.store import Touched


class Message(Protocol):
    """A Kafka record, as far as it is looked at."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that cannot be stored: why, where it lay, and its bytes."""

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int
    raw: bytes


@dataclass(slots=True)
class Batch:
    """Lines to store, what they touch, and the messages set aside."""

    lines: list[bytes] = field(default_factory=list)
    touched: Touched = field(default_factory=Touched)
    dead: list[DeadLetter] = field(default_factory=list)


def batch_of(messages: Iterable[Message]) -> Batch:
    """Sorts messages into lines and dead letters and notes what the lines touch."""
    batch = Batch()
    for message in messages:
        raw = message.value or b""
        event = decode(raw)
        if not isinstance(event, Refusal) and (event.recordedtime is None or event.sender is None):
            event = Refusal(Reason.MISSING_FIELD, "recordedtime, sender: the event did not come through ingest")
        if isinstance(event, Refusal):
            place = (message.topic, message.partition, message.offset)
            batch.dead.append(DeadLetter(event.reason, event.detail, *place, raw))
            continue
        # JSON may be spread over lines; a line of the store may not.
        batch.lines.append(raw.replace(b"\n", b" "))
        _touch(batch.touched, event)
    return batch


def hour_of(instant: datetime) -> datetime:
    """The UTC hour an instant lies in, without a zone as the store keeps it."""
    return instant.replace(minute=0, second=0, microsecond=0, tzinfo=None)


def _touch(touched: Touched, event: AnyEvent) -> None:
    touched.cells.add((event.data.unit, hour_of(event.time)))
    kind = event.type.partition(".")[0]
    if kind in {"dossier", "payment"}:
        touched.dossiers.add(event.subject)
    elif kind == "queue":
        touched.tickets.add(event.subject)
    elif kind == "procedure":
        touched.procedures.add(event.subject)
    elif kind in {"calendar", "unit"}:
        touched.calendars = True
