"""Working time of the simulated units. An instant is a whole number of seconds of local time (day ordinal × 86,400)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from itertools import accumulate

from contract.time import VIETNAM

DAY_S = 86_400
WORKING_DAY_S = 8 * 3_600


class UnknownDayError(Exception):
    """The calendar has no entry for a day that is needed; the text names the day."""


def instant(day: date, at: time = time()) -> int:
    """Local seconds of a day and time of day."""
    return day.toordinal() * DAY_S + at.hour * 3_600 + at.minute * 60 + at.second


def from_clock(now: datetime) -> int:
    """Local seconds of an aware instant."""
    local = now.astimezone(VIETNAM)
    return instant(local.date(), local.time())


def rfc3339(at: int) -> str:
    """The instant with Vietnam's offset, which has been +07:00 throughout."""
    day, second = divmod(at, DAY_S)
    return f"{date.fromordinal(day)}T{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}+07:00"


class WorkingTime:
    """The sessions of a calendar, as one line of working seconds."""

    def __init__(self, sessions: Mapping[date, Sequence[tuple[time, time]]]) -> None:
        """``sessions`` of every day known, days off with none."""
        self._sessions = sessions
        spans = [(instant(day, a), instant(day, b)) for day in sorted(sessions) for a, b in sessions[day]]
        self._opens = [opens for opens, _ in spans]
        self._worked = [0, *accumulate(closes - opens for opens, closes in spans)]

    def is_working_day(self, day: date) -> bool:
        """Whether there is any session; raises UnknownDayError."""
        if day not in self._sessions:
            raise UnknownDayError(f"the working calendar does not tell whether {day} is a working day")
        return bool(self._sessions[day])

    def sessions(self, day: date) -> list[tuple[int, int]]:
        """Opening and closing instants of a day."""
        return [(instant(day, a), instant(day, b)) for a, b in self._sessions.get(day, ())]

    def before(self, day: date, n: int) -> list[date]:
        """The last ``n`` working days before ``day``, oldest first; fewer where the calendar begins."""
        days: list[date] = []
        ordinal = day.toordinal() - 1
        while len(days) < n and date.fromordinal(ordinal) in self._sessions:
            candidate = date.fromordinal(ordinal)
            if self._sessions[candidate]:
                days.append(candidate)
            ordinal -= 1
        return days[::-1]

    def last_completed(self, now: int) -> date:
        """The newest working day that had ended by ``now``; raises UnknownDayError."""
        at = bisect_right(self._opens, now) - 1
        while at >= 0:
            day = date.fromordinal(self._opens[at] // DAY_S)
            if self.sessions(day)[-1][1] + CLOSING_S <= now:
                if now - self._opens[at] > 30 * DAY_S:
                    break
                return day
            at -= 1
        raise UnknownDayError("the working calendar has no day that ended within the last month")

    def between(self, start: int, end: int) -> int:
        """Working seconds from ``start`` to ``end``."""
        return self._done(end) - self._done(start)

    def add(self, start: int, work_s: float) -> int:
        """The instant when ``work_s`` working seconds after ``start`` have passed."""
        target = self._done(start) + round(work_s)
        if target >= self._worked[-1]:
            raise UnknownDayError("the working calendar ends before the work would")
        at = max(bisect_left(self._worked, target) - 1, 0) if work_s else bisect_right(self._worked, target) - 1
        return self._opens[at] + target - self._worked[at]

    def _done(self, at: int) -> int:
        session = max(bisect_right(self._opens, at) - 1, 0)
        length = self._worked[session + 1] - self._worked[session]
        return self._worked[session] + min(max(at - self._opens[session], 0), length)


CLOSING_S = 30 * 60
"""A simulated day is over this long after its last session: nothing is dated later."""
