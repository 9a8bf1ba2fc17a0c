"""The zone of Vietnam, and where a day of a zone begins. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

TIMES = ("hour", "weekday")
"""Parts of time by which figures are broken down."""

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def midnight(day: date, zone: ZoneInfo = VIETNAM) -> datetime:
    """The instant at which a day of a zone begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
