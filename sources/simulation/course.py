"""The course of a dossier: its events one after the other, at instants in working time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from sources.simulation.calendar import WORKING_DAY_S, WorkingTime, rfc3339


@dataclass(slots=True)
class Step:
    """An event to be made: local seconds, type, data (without ``unit`` where a point sends it)."""

    at: int
    type: str
    data: dict[str, Any]


@dataclass(slots=True)
class DossierCourse:
    """The course of one dossier up to ``now``, which moves on in working time.

    ``due`` moves with the waits for the applicant; events carry it only if ``has_due_at``. ``supplements`` counts how
    often papers were asked for.
    """

    rng: random.Random
    working_time: WorkingTime
    now: int
    due: int
    has_due_at: bool
    accepted: int = 0
    supplements: int = 0
    steps: list[Step] = field(default_factory=list)

    def add(self, kind: str, **data: Any) -> None:
        """Adds an event at this moment; data that are None are left out."""
        self.add_at(self.now, kind, data)

    def add_at(self, at: int, kind: str, data: dict[str, Any]) -> None:
        """Adds an event at another instant."""
        self.steps.append(Step(at, kind, {key: value for key, value in data.items() if value is not None}))

    def work(self, seconds: float) -> None:
        """Moves on by working seconds, one at least."""
        self.now = self.working_time.add(self.now, max(1, seconds))

    def wait(self, days: float) -> None:
        """Waits for the applicant: the due date moves by as much working time."""
        before = self.now
        self.work(days * WORKING_DAY_S)
        self.due = self.working_time.add(self.due, self.work_between(before, self.now))

    def work_between(self, start: int, end: int) -> int:
        """Working seconds between two instants."""
        return self.working_time.between(start, end)

    def due_at(self) -> str | None:
        """The due date as events carry it; None when they carry none."""
        return rfc3339(self.due) if self.has_due_at else None
