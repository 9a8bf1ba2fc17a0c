"""Input and result of one outbox commit, and the running totals over all commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contract.events.envelope import AnyEvent
from contract.events.refusals import Refusal


class OutboxError(Exception):
    """The outbox cannot take events now (disk full, locked) or cannot be opened; the text says which and why."""


@dataclass(frozen=True, slots=True, eq=False)
class StepRefusal(Refusal):
    """A refusal with the name of the step that gave it, for tests and tracebacks; senders do not see the step."""

    step: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event ready for the log, and the bytes it came as. ``id`` and ``hash`` have 16 bytes each; ``minute`` is the
    minute of its time since 1970.

    ``fact`` is the decoded event if it is a reference fact, which the registry must learn. ``unless_known`` refuses the
    event unless the outbox already has it: an event that was accepted once may be sent again at any time.
    """

    id: bytes
    hash: bytes
    topic: str
    key: str
    value: bytes
    raw: bytes
    type: str
    fact: AnyEvent | None
    source: str = ""
    minute: int = 0
    unless_known: StepRefusal | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused line as it came, kept so that its sender can fetch it; ``index`` is its place in the request."""

    index: int
    refusal: Refusal
    raw: bytes


@dataclass(slots=True)
class Batch:
    """Some events of one request, each with its index in the request.

    ``ratings_per_hour`` bounds the ratings that a tablet may send for one hour; None for a system, which has no bound.
    ``latest_pairings`` holds time and type of the latest pairing or revocation of each tablet in this batch; a later
    line of the request may be older than that. ``new_units`` are the units that the request itself defines.
    """

    received_at: str
    sender: str
    ratings_per_hour: int | None = None
    admitted: list[tuple[int, Admitted]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    latest_pairings: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    new_units: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Stored:
    """Result of one batch: events accepted, how many of them were repeated, and the last sequence number.

    ``conflicts`` are the lines that only the outbox could refuse, ``facts`` the reference facts that are new.
    """

    accepted: int
    repeated: int
    conflicts: list[Refused]
    last_seq: int
    facts: list[AnyEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Volume:
    """A number of events, refused lines included, and their bytes."""

    events: int = 0
    nbytes: int = 0

    @staticmethod
    def of_batches(batches: Sequence[Batch]) -> Volume:
        """The volume of all lines in these batches, admitted and refused."""
        nbytes = sum(len(event.raw) for batch in batches for _, event in batch.admitted)
        nbytes += sum(len(line.raw) for batch in batches for line in batch.refused)
        return Volume(sum(len(batch.admitted) + len(batch.refused) for batch in batches), nbytes)

    def __add__(self, other: Volume) -> Volume:
        return Volume(self.events + other.events, self.nbytes + other.nbytes)

    def __sub__(self, other: Volume) -> Volume:
        return Volume(self.events - other.events, self.nbytes - other.nbytes)


@dataclass(frozen=True, slots=True)
class Account:
    """Totals since the process started. It is replaced as a whole, so that its figures always fit each other.

    ``received`` = ``accepted`` + the sum of ``refused``; ``accepted`` - ``repeated`` = events numbered since the start,
    the last of them ``last_seq``.
    """

    last_seq: int
    received: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    def add(self, batches: Sequence[Batch], results: Sequence[Stored]) -> Account:
        """A new account that includes one commit."""
        refused = dict(self.refused)
        received, accepted, repeated = self.received, self.accepted, self.repeated
        for batch, result in zip(batches, results, strict=True):
            received += len(batch.admitted) + len(batch.refused)
            accepted += result.accepted
            repeated += result.repeated
            for line in [*batch.refused, *result.conflicts]:
                reason = line.refusal.reason.value
                refused[reason] = refused.get(reason, 0) + 1
        return Account(results[-1].last_seq, received, accepted, repeated, refused)
