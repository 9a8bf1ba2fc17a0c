"""The filters that every route understands alike: unit and period."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from fastapi import HTTPException

from runtime.clock import VIETNAM, Clock
from warehouse.periods import Period


def period_of(start: str | None, end: str | None, clock: Clock) -> Period:
    """``from`` and ``to`` as instants; days and times without offset are Vietnam's. Default: today until now.

    ``to`` is exclusive: ``to=2026-11-23`` ends with the last instant of the 22nd. 422 when a text is no time or the
    period is empty.
    """
    now = clock()
    today = datetime.combine(now.astimezone(VIETNAM).date(), time.min, VIETNAM)
    begins = _instant("from", start) if start else today
    ends = _instant("to", end) if end else now
    if ends <= begins:
        raise HTTPException(422, f"from ({begins.isoformat()}) must be before to ({ends.isoformat()})")
    return Period(begins.astimezone(UTC), ends.astimezone(UTC))


def period_before(period: Period) -> Period:
    """The period that one is compared with: as many days before it, from the same time of day to the same.

    One that begins with a month and is longer than a day is compared with as many months, up to the same day of the
    month or its last.
    """
    start, end = (instant.astimezone(VIETNAM) for instant in period)
    if start.day == 1 and start.time() == time.min and end - start > timedelta(days=1):
        last = end - timedelta(microseconds=1)
        months = 12 * (last.year - start.year) + last.month - start.month + 1
        return Period(*(_months_before(instant, months).astimezone(UTC) for instant in (start, end)))
    days = -(-(end - start) // timedelta(days=1))
    return Period(*(instant - timedelta(days=days) for instant in period))


def _months_before(instant: datetime, months: int) -> datetime:
    year, month = divmod(12 * instant.year + instant.month - 1 - months, 12)
    return instant.replace(year=year, month=month + 1, day=min(instant.day, monthrange(year, month + 1)[1]))


def _instant(name: str, text: str) -> datetime:
    try:
        if len(text) == len("2026-11-23"):
            return datetime.combine(date.fromisoformat(text), time.min, VIETNAM)
        # A plus sign in an address stands for a blank.
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise HTTPException(
            422, f"{name}: {text!r} is no date (2026-11-23) or time (2026-11-23T08:00:00+07:00)"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)
