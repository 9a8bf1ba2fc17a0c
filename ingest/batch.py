"""What goes into the outbox together, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from contract.refusals import Refusal
from ingest.admission import Admitted


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused line as it came, to be fetched again later."""

    index: int
    refusal: Refusal
    raw: bytes


@dataclass(slots=True)
class Batch:
    """Some events of one request, each with its place in the request."""

    received_at: str
    sender: str
    admitted: list[tuple[int, Admitted]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the outbox did: events taken, how many of them it knew, refusals found here, the last sequence number."""

    accepted: int
    repeated: int
    conflicts: list[Refused]
    last_seq: int
