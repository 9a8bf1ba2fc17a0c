"""Periods of time, and the parameters of read/sql/ that they become."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from contract.time import VIETNAM


class Period(NamedTuple):
    """A half-open stretch of time, in UTC."""

    start: datetime
    end: datetime

    def whole_hours(self) -> Period:
        """The stretch of whole hours that holds this one; counts by unit-hour cannot be cut finer."""
        start = self.start.replace(minute=0, second=0, microsecond=0)
        end = self.end.replace(minute=0, second=0, microsecond=0)
        return Period(start, end if end == self.end else end + timedelta(hours=1))


def bounds(period: Period) -> dict[str, datetime]:
    """Its start and its end."""
    return {"start": naive(period.start), "end": naive(period.end)}


def days(period: Period) -> dict[str, date]:
    """Days of Vietnam: on which it starts and ends, the first that it holds from midnight, that of its last moment."""
    first, last = (instant.astimezone(VIETNAM) for instant in period)
    return {
        "first_day": first.date(),
        "first_whole_day": first.date() + timedelta(days=first.time() != time()),
        "last_day": last.date(),
        "last_moment": (last - timedelta(milliseconds=1)).date(),
    }


def parts_of_year(period: Period) -> int | None:
    """How many such periods a year has: 12 of a calendar month of Vietnam, 4 of a quarter, 1 of a year; else None."""
    first, after = (instant.astimezone(VIETNAM) for instant in period)
    if any(instant.day != 1 or instant.time() != time() for instant in (first, after)):
        return None
    months = 12 * (after.year - first.year) + after.month - first.month
    return 12 // months if months in {1, 3, 12} and (first.month - 1) % months == 0 else None


def year_before(period: Period) -> Period:
    """The calendar year of Vietnam before that in which a period starts."""
    year = period.start.astimezone(VIETNAM).year
    return Period(*(datetime(each, 1, 1, tzinfo=VIETNAM).astimezone(UTC) for each in (year - 1, year)))


def naive(instant: datetime) -> datetime:
    """An instant without its zone, in UTC."""
    # The client writes an aware datetime in the process's own zone; a naive one as it stands.
    return instant.astimezone(UTC).replace(tzinfo=None)
