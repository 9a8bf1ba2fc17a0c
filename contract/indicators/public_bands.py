"""Public results of a unit: a band for a closed month, never a number. Pure.

A band needs at least ten cases. Months are disjoint and published without totals, so that subtracting two answers
reveals nothing. The limits are this project's choice: the target of the plans, and ten points below it.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal, NamedTuple

from contract.indicators.indicator import Figure
from contract.time import VIETNAM

FEWEST = 10
PUBLISHED = ("SAT_CSAT", "Q766_2_1")
"""The published indicators; both are percentages where higher is better."""

Band = Literal["good", "fair", "poor"]
LIMITS: tuple[tuple[Band, float], ...] = (("good", 95), ("fair", 85), ("poor", 0))


class Month(NamedTuple):
    """A calendar month in Vietnam's time zone."""

    year: int
    month: int

    @classmethod
    def last_closed(cls, now: datetime) -> Month:
        """The latest month that is over."""
        today = now.astimezone(VIETNAM)
        return cls(today.year, today.month - 1) if today.month > 1 else cls(today.year - 1, 12)

    def bounds(self) -> tuple[datetime, datetime]:
        """The first instant of the month and the first after it."""
        after = Month(self.year + self.month // 12, self.month % 12 + 1)
        first, next_one = (datetime.combine(date(*month, 1), time.min, VIETNAM) for month in (self, after))
        return first, next_one

    def is_closed(self, now: datetime) -> bool:
        """Whether the month is over."""
        return self.bounds()[1] <= now

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"


def band(figure: Figure) -> Band | None:
    """The band of a figure; None with too few cases."""
    if figure.value is None or figure.n < FEWEST:
        return None
    value = figure.value
    return next(name for name, least in LIMITS if value >= least)
