"""Field types shared by all events, and their bounds.

Every later stage must be able to compute with an admitted value: one value that a table, a page or a file cannot hold
would break that stage for everybody. So each type has bounds; the documentation lists them in one table.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError, PydanticKnownError

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Instants in event data may not be earlier."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Instants in event data must be earlier: the store's shortest type for instants ends in 2106."""


def _written_as(kind: Literal["datetime_type", "date_type"]) -> BeforeValidator:
    """Refuses values other than text, and text of digits alone, which pydantic would read as seconds since 1970."""

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
    """Whether the instant is within the bounds; events admitted under older rules may hold others."""
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
"""The first or last date of validity, in any year: 9999-12-31 is the usual "no end"."""

CalendarDay = Annotated[Day, Field(ge=EARLIEST.date(), lt=LATEST.date())]
"""A date used in calculations, such as a working day of a calendar."""

LocalTime = Annotated[time, AfterValidator(_on_the_local_clock)]
"""A local time of day, to the second."""

_CODE = r"[^\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
CODE_PATTERN = rf"^{_CODE}([^\p{{Cc}}\p{{Cf}}\p{{Zl}}\p{{Zp}}]*{_CODE})?$"
"""Visible characters, with blanks between them at most. Two codes that look alike must be alike."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=CODE_PATTERN)]
"""A code assigned by the sender (unit, dossier, ticket, staff): text, leading zeros kept, no outer blanks."""

# Control characters except tab and line feed, other line separators, direction marks and zero-width characters.
# Joiners stay: combined emoji and some scripts need them.
_UNWRITABLE = re.compile("\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")


def clean_text(value: str) -> str:
    """The text in composed letters (NFC), with blanks for control characters and without invisible characters.

    Spreadsheets, pages and line-based files break on these. Tabs and line feeds stay.
    """
    if value.isascii() and value.isprintable():
        return value
    return normalize("NFC", _UNSEEN.sub("", _UNWRITABLE.sub(_line_end_or_blank, value)))


def _line_end_or_blank(unwritable: re.Match[str]) -> str:
    return "\n" if unwritable[0] == "\r\n" else " "


Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean_text)]
"""Free text."""


def check_not_empty(value: str) -> str:
    """The text; pydantic's error of a string that is too short when it holds no visible character."""
    if not value.strip():
        raise PydanticKnownError("string_too_short", {"min_length": 1})
    return value


RequiredText = Annotated[Text, AfterValidator(check_not_empty)]
"""Free text that still holds a visible character after cleaning."""

Comment = Annotated[str, StringConstraints(max_length=1200), AfterValidator(clean_text)]
"""Free text written by a citizen or an official."""

Count = Annotated[int, Field(ge=0, le=10**12)]
"""A number of items."""

Amount = Annotated[int, Field(ge=0, le=10**15)]
"""An amount of money in đồng."""


class Data(BaseModel):
    """The data of every event: the unit where it happened. Unknown fields are kept, not refused."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    unit: Code
