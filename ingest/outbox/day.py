"""The day by which known ids age: the clock's day, unless the clock jumps."""

from __future__ import annotations

from dataclasses import dataclass, replace

DAY_S = 86_400
BELIEVED_AFTER_S = 86_400.0
"""How long ingest must have run since the clock jumped before it accepts the new day."""


@dataclass(frozen=True, slots=True)
class OutboxDay:
    """A day since 1970, and for how many seconds the clock has shown a day that is neither this one nor the next.

    Ids are deleted a number of days after they came. A clock that is wrong once must not make all of them old.
    """

    day: int
    jumped_s: float = 0.0

    def advance(self, elapsed_s: float, wall_s: float) -> OutboxDay:
        """The day after ``elapsed_s`` more on a steady clock, when the wall clock shows ``wall_s`` (since 1970)."""
        today = int(wall_s) // DAY_S
        if today in {self.day, self.day + 1}:
            return OutboxDay(today)
        jumped_s = self.jumped_s + elapsed_s
        return OutboxDay(today) if jumped_s >= BELIEVED_AFTER_S else replace(self, jumped_s=jumped_s)
