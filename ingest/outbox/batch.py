"""What goes into the outbox together, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract.events.envelope import AnyEvent
from contract.events.refusals import Refusal
from ingest.admission.admission import Admitted


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused line as it came, to be fetched again later."""

    index: int
    refusal: Refusal
    raw: bytes


@dataclass(slots=True)
class Batch:
    """Some events of one request, each with its place in the request.

    ``ratings_per_hour`` is how many ratings of one hour a tablet may hand in; None for a system, which has no bound.
    ``device_words`` is the newest word on each tablet among the admitted ones, by its time and type, which a later line
    may be behind.
    """

    received_at: str
    sender: str
    ratings_per_hour: int | None = None
    admitted: list[tuple[int, Admitted]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    device_words: dict[str, tuple[datetime, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the outbox did: events taken, how many of them it knew, refusals found here, the last sequence number.

    ``facts`` are the reference facts that are new.
    """

    accepted: int
    repeated: int
    conflicts: list[Refused]
    last_seq: int
    facts: list[AnyEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits: events, refused lines included, and their bytes."""

    events: int = 0
    nbytes: int = 0

    @staticmethod
    def of(batches: Sequence[Batch]) -> Waiting:
        """What these batches hold."""
        nbytes = sum(len(event.raw) for batch in batches for _, event in batch.admitted)
        nbytes += sum(len(line.raw) for batch in batches for line in batch.refused)
        return Waiting(sum(len(batch.admitted) + len(batch.refused) for batch in batches), nbytes)

    def __add__(self, other: Waiting) -> Waiting:
        """Both together."""
        return Waiting(self.events + other.events, self.nbytes + other.nbytes)

    def __sub__(self, other: Waiting) -> Waiting:
        """What is left without the other."""
        return Waiting(self.events - other.events, self.nbytes - other.nbytes)
