"""The day by which known ids grow old: that of the clock, unless the clock jumps."""

from __future__ import annotations

from dataclasses import dataclass, replace

DAY_S = 86_400
BELIEVED_AFTER_S = 86_400.0
"""How long ingest must have run under a clock that jumped until its day is believed."""


@dataclass(frozen=True, slots=True)
class OutboxDay:
    """A day since 1970, and for how long ingest has run while the clock told a day that does not follow on it.

    An id is forgotten so many days after it came. One wrong clock must not make all of them old at once.
    """

    day: int
    jumped_s: float = 0.0

    def after(self, elapsed_s: float, wall_s: float) -> OutboxDay:
        """The day when ``elapsed_s`` more have passed by a steady clock and the wall clock stands at ``wall_s``."""
        today = int(wall_s) // DAY_S
        if today in {self.day, self.day + 1}:
            return OutboxDay(today)
        jumped_s = self.jumped_s + elapsed_s
        return OutboxDay(today) if jumped_s >= BELIEVED_AFTER_S else replace(self, jumped_s=jumped_s)
