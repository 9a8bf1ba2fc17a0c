"""One polled batch, and the dead letter made of a message that cannot be stored."""

from __future__ import annotations

from dataclasses import dataclass

from confluent_kafka import Message

from contract.events.envelope import decode
from contract.events.refusals import Reason, Refusal

Partition = tuple[str, int]
"""A topic and the number of one of its partitions."""

PAST_INGEST = Refusal(Reason.MISSING_FIELD, "recordedtime, sender: the event did not come through ingest")
STORE_CANNOT_READ = Refusal(Reason.INVALID_VALUE, "the store cannot read its id, unit, subject, sender or time")


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages in the order in which they were read, and the offsets to continue at after them.

    ``full`` is true when the batch reached its limit, so that more messages are likely to wait already.
    """

    messages: list[Message]
    next_offsets: dict[Partition, int]
    full: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that cannot be stored: the reason, its position in the log, and its bytes."""

    reason: Reason
    detail: str
    topic: str
    partition: int
    offset: int
    raw: bytes

    @property
    def origin(self) -> Partition:
        """The partition from which it was read."""
        return self.topic, self.partition


def partition_of(message: Message) -> Partition:
    """The partition from which a message was read."""
    return message.topic() or "", message.partition() or 0


def make_dead_letter(message: Message) -> DeadLetter:
    """The dead letter of a message that the store could not read, with the reason by the contract."""
    raw = message.value() or b""
    refusal = _explain_refusal(raw)
    return DeadLetter(refusal.reason, refusal.detail, *partition_of(message), message.offset() or 0, raw)


def _explain_refusal(raw: bytes) -> Refusal:
    try:
        event = decode(raw)
    except Exception as error:  # noqa: BLE001 one message must never stop those behind it
        return Refusal(Reason.INVALID_VALUE, f"hailong failed to read it, which is a fault of hailong: {error!r}"[:500])
    if isinstance(event, Refusal):
        return event
    return PAST_INGEST if event.recordedtime is None or event.sender is None else STORE_CANNOT_READ
