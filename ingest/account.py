"""The account of what came through the door since the process began: every line accepted or refused for a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.outbox.batch import Batch, Stored


@dataclass(frozen=True, slots=True)
class Account:
    """One moment's figures. It is replaced as a whole, so that whoever reads it finds figures that fit each other.

    ``received`` = ``accepted`` + the sum of ``refused``; ``accepted`` - ``repeated`` = events numbered since the start,
    the last of them ``last_seq``.
    """

    last_seq: int
    received: int = 0
    accepted: int = 0
    repeated: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    def after(self, batches: Sequence[Batch], answers: Sequence[Stored]) -> Account:
        """The account with what one commit stored."""
        refused = dict(self.refused)
        received, accepted, repeated = self.received, self.accepted, self.repeated
        for batch, answer in zip(batches, answers, strict=True):
            received += len(batch.admitted) + len(batch.refused)
            accepted += answer.accepted
            repeated += answer.repeated
            for line in [*batch.refused, *answer.conflicts]:
                reason = line.refusal.reason.value
                refused[reason] = refused.get(reason, 0) + 1
        return Account(answers[-1].last_seq, received, accepted, repeated, refused)
