"""What one poll brought, ready to be stored, and what a message is called that cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka import Message

from contract.events.envelope import decode
from contract.events.refusals import Reason, Refusal

Place = tuple[str, int]
"""A topic and the number of one of its partitions."""

PAST_INGEST = Refusal(Reason.MISSING_FIELD, "recordedtime, sender: the event did not come through ingest")
STORE_CANNOT_READ = Refusal(Reason.INVALID_VALUE, "the store cannot read its id, unit, subject, sender or time")


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages in the order in which they were read, where to read on after them, and whether the batch is full.

    Behind a full one more is to be expected at once.
    """

    messages: list[Message]
    next_offsets: dict[Place, int]
    full: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that cannot be stored: why, where it lay, and its bytes."""

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int
    raw: bytes

    @property
    def place(self) -> Place:
        """The partition it lay on."""
        return self.topic, self.partition


def place_of(message: Message) -> Place:
    """The partition a message was read from."""
    return message.topic() or "", message.partition() or 0


def dead_letter(message: Message) -> DeadLetter:
    """A message that the store could not read, with what the contract says is wrong with it."""
    raw = message.value() or b""
    refusal = _refusal_of(raw)
    return DeadLetter(refusal.reason, refusal.detail, *place_of(message), message.offset() or 0, raw)


def _refusal_of(raw: bytes) -> Refusal:
    try:
        event = decode(raw)
    except Exception as error:  # noqa: BLE001 one message must never stop all that come behind it
        return Refusal(Reason.INVALID_VALUE, f"hailong failed to read it, which is a fault of hailong: {error!r}"[:500])
    if isinstance(event, Refusal):
        return event
    return PAST_INGEST if event.recordedtime is None or event.sender is None else STORE_CANNOT_READ
