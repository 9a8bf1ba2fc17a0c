"""The clock of every process, so that time is an input: the wall clock, or a past day replayed for the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class ReplayClock:
    """A past day seen at another speed.

    From the wall instant ``anchor`` on, ``seconds`` wall seconds show the time from ``start`` at ``speed`` times;
    afterwards the clock goes on at its natural pace.
    """

    start: datetime
    anchor: datetime
    speed: float
    seconds: float

    def __call__(self) -> datetime:
        """The replayed instant, in UTC."""
        elapsed_s = max(0.0, time.time() - self.anchor.timestamp())
        replayed_s = min(elapsed_s, self.seconds) * self.speed + max(0.0, elapsed_s - self.seconds)
        return self.start.astimezone(UTC) + timedelta(seconds=replayed_s)

    def speed_now(self) -> float:
        """How many of its seconds pass in one of the wall's, at this moment."""
        return self.speed if time.time() - self.anchor.timestamp() < self.seconds else 1.0

    def __str__(self) -> str:
        """The form that the setting ``HAILONG_CLOCK`` takes."""
        return f"{self.start.isoformat()}/{self.anchor.isoformat()}/{self.speed}/{self.seconds}"


def speed_of(clock: Clock) -> float:
    """Seconds that a clock moves in one second of the wall clock: 1.0 except in a replayed day."""
    return clock.speed_now() if isinstance(clock, ReplayClock) else 1.0


def clock_from(setting: str) -> Clock:
    """The clock a setting names: ``""`` is the wall; raises ValueError when the text is neither."""
    if not setting:
        return wall_clock
    try:
        start, anchor, speed, seconds = setting.split("/")
        return ReplayClock(datetime.fromisoformat(start), datetime.fromisoformat(anchor), float(speed), float(seconds))
    except ValueError as error:
        raise ValueError(f"HAILONG_CLOCK must be START/ANCHOR/SPEED/SECONDS, not {setting!r}: {error}") from error
