"""What one batch of messages holds. Pure: messages in, lines and dead letters out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import Message

from contract.events import decode
from contract.refusals import Reason, Refusal
from contract.topics import ADMITTED

Place = tuple[str, int]
"""A topic and the number of one of its partitions."""


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
    """Lines to store with the messages they came from, messages set aside, and where to read on after them."""

    lines: list[bytes] = field(default_factory=list)
    kept: list[Message] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    next_offsets: dict[Place, int] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """How many messages it was made of."""
        return len(self.lines) + len(self.dead)


def batch_of(messages: Iterable[Message]) -> Batch:
    """Sorts messages into lines and dead letters.

    What ingest admitted was held against the contract there; every other message is held against it here.
    """
    batch = Batch()
    for message in messages:
        raw = message.value() or b""
        refusal = None if ADMITTED in (message.headers() or ()) else _refusal(raw)
        if refusal is None:
            batch.lines.append(raw)
            batch.kept.append(message)
        else:
            batch.dead.append(letter(message, refusal))
        batch.next_offsets[message.topic() or "", message.partition() or 0] = (message.offset() or 0) + 1
    return batch


def letter(message: Message, refusal: Refusal) -> DeadLetter:
    """The message as a dead letter."""
    place = (message.topic() or "", message.partition() or 0, message.offset() or 0)
    return DeadLetter(refusal.reason, refusal.detail, *place, message.value() or b"")


def _refusal(raw: bytes) -> Refusal | None:
    event = decode(raw)
    if isinstance(event, Refusal):
        return event
    if event.recordedtime is None or event.sender is None:
        return Refusal(Reason.MISSING_FIELD, "recordedtime, sender: the event did not come through ingest")
    return None
