"""A life being told event by event, in working time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from sources.simulation.calendar import WORKING_DAY_S, WorkingTime, rfc3339


@dataclass(slots=True)
class Step:
    """One event to be: local seconds, type, data (beside the unit where one point tells it)."""

    at: int
    type: str
    data: dict[str, Any]


@dataclass(slots=True)
class Life:
    """A life being told: ``now`` moves on in working time, ``due`` with the ``asked`` waits for the applicant."""

    rng: random.Random
    working_time: WorkingTime
    now: int
    due: int
    due_is_told: bool
    accepted: int = 0
    asked: int = 0
    steps: list[Step] = field(default_factory=list)

    def tell(self, kind: str, **data: Any) -> None:
        self.tell_at(self.now, kind, data)

    def tell_at(self, at: int, kind: str, data: dict[str, Any]) -> None:
        self.steps.append(Step(at, kind, {key: value for key, value in data.items() if value is not None}))

    def work(self, seconds: float) -> None:
        self.now = self.working_time.add(self.now, max(1, seconds))

    def wait(self, days: float) -> None:
        """The applicant's turn: the due date moves by as much working time."""
        before = self.now
        self.work(days * WORKING_DAY_S)
        self.due = self.working_time.add(self.due, self.work_between(before, self.now))

    def work_between(self, start: int, end: int) -> int:
        return self.working_time.between(start, end)

    def told_due(self) -> str | None:
        return rfc3339(self.due) if self.due_is_told else None
