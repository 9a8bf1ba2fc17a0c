"""Field types shared by all events, and the bounds of what they may hold.

What is admitted must be computable by every later stage: one value that a table, a page or a file cannot hold would
break that stage for everybody. So each type has bounds. ``docs/reference/bounds.md`` lists them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No instant that an event speaks of lies before this one."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Every instant that an event speaks of lies before this one: the store's shortest instants end in 2106."""


def _written_as(kind: Literal["datetime_type", "date_type"]) -> BeforeValidator:
    """Refuses what is no text, and text of digits alone, which would be read as seconds since 1970."""

    def check(value: Any) -> Any:
        if not isinstance(value, str | date):
            raise PydanticKnownError(kind)
        if isinstance(value, str) and value[4:5] != "-":
            raise PydanticCustomError("digits_as_time", "does not begin with a year and a hyphen")
        return value

    return BeforeValidator(check)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("outside_calendar", "lies outside the years 1 to 9999") from error


def is_within_bounds(instant: datetime) -> bool:
    """Whether every stage can compute with the instant: events that were admitted under older rules may hold others."""
    return EARLIEST <= instant < LATEST


def _within_bounds(value: datetime) -> datetime:
    if not is_within_bounds(value):
        raise PydanticCustomError("outside_bounds", "lies before 1990 or after 2099")
    return value


def _on_the_local_clock(value: time) -> time:
    if value.tzinfo or value.microsecond:
        raise PydanticCustomError("not_local_time", "has an offset or parts of a second")
    return value


AnyInstant = Annotated[AwareDatetime, Field(strict=False), _written_as("datetime_type"), AfterValidator(_in_utc)]
"""An instant with an offset (RFC 3339), kept in UTC; for the envelope, whose ``time`` has bounds of its own."""

UtcTime = Annotated[AnyInstant, AfterValidator(_within_bounds)]
"""An instant of an event's data: an appointment, the end of a step. From 1990 to the end of 2099."""

Day = Annotated[date, Field(strict=False), _written_as("date_type")]
"""A date from which or up to which something holds, in any year: 9999-12-31 for "no end" is usual."""

CalendarDay = Annotated[Day, Field(ge=EARLIEST.date(), lt=LATEST.date())]
"""A date that is counted with: a day of a calendar of working time."""

LocalTime = Annotated[time, AfterValidator(_on_the_local_clock)]
"""A time of day on the clock of the place, to the second."""

_CODE = r"[^\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
CODE_PATTERN = rf"^{_CODE}([^\p{{Cc}}\p{{Cf}}\p{{Zl}}\p{{Zp}}]*{_CODE})?$"
"""Visible characters, with blanks between them at most. Two codes that look alike must be alike."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=CODE_PATTERN)]
"""A code of the sender's world (unit, dossier, ticket, staff): text, leading zeros kept, no outer blanks."""

# Control characters but for line ends, the other separators of lines, signs that turn the direction of writing, and
# places that hold nothing. Joiners stay: families of emoji and some scripts need them.
_UNWRITABLE = re.compile("\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")


def clean_text(value: str) -> str:
    """The text in composed letters, with blanks for control characters and without those that cannot be seen.

    Spreadsheets, pages and lines of a file break on them. Tabs and line feeds stay.
    """
    if value.isascii() and value.isprintable():
        return value
    return normalize("NFC", _UNSEEN.sub("", _UNWRITABLE.sub(_line_end_or_blank, value)))


def _line_end_or_blank(unwritable: re.Match[str]) -> str:
    return "\n" if unwritable[0] == "\r\n" else " "


Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean_text)]
"""Free text."""

Comment = Annotated[str, StringConstraints(max_length=1200), AfterValidator(clean_text)]
"""What somebody wrote in their own words."""

Count = Annotated[int, Field(ge=0, le=10**12)]
"""How many of something there are."""

Amount = Annotated[int, Field(ge=0, le=10**15)]
"""An amount of money in đồng."""


class Data(BaseModel):
    """What every event's data has: the unit where it happened. Fields we do not know are kept, not refused."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    unit: Code
