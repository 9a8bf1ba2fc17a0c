"""The parts of a mapping: values, and how file and times are read. ``mapping.py`` has the whole.

All are closed: a key that is not listed here is an error.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from contract.events.fields import Code
from sources.compiled.numbers import DecimalMark, ThousandsMark

ORIGINS = ("column", "constant", "code_from", "join", "after", "entries")
MOST_ADDED = 100_000


class Closed(BaseModel):
    """A part of a mapping: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_list(given: object) -> object:
    return [given] if isinstance(given, str) else given


def as_column(given: object) -> object:
    """A value that is written as a column's name alone."""
    if isinstance(given, list):
        names = ", ".join(map(str, given))
        raise ValueError(
            f"a list is no value: write {{join: [{names}], with: '-'}} for all of them together, "
            f"or {{column: [{names}]}} for the first that is not empty"
        )
    if isinstance(given, str) and not given.strip():
        raise ValueError("is empty: name a column, or write {constant: text} for the same text always")
    return {"column": given} if isinstance(given, str) else given


def _without_blanks(code: str) -> str:
    if code.split() != [code]:
        raise ValueError(f"{code!r} holds a blank, which a unit's code must not: write {'_'.join(code.split())!r}")
    return code


UnitCode = Annotated[Code, AfterValidator(_without_blanks)]
"""A unit's code that a mapping makes: a path in addresses and a part of other codes, so it holds no blanks."""


def _as_number(given: object) -> object:
    return {"constant": given} if isinstance(given, str) else given


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError(f"{name!r} is no time zone of the IANA list, such as Asia/Ho_Chi_Minh") from fault
    return name


ZoneName = Annotated[str, AfterValidator(_check_zone)]
ColumnName = Annotated[str, StringConstraints(min_length=1)]
Columns = Annotated[list[ColumnName], BeforeValidator(as_list), Field(min_length=1)]
Values = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]


class FileOptions(Closed):
    """How the file is to be read, where its name and content do not say so.

    ``header_row``: the number of the line or row with the columns' names; what stands above it is not read. ``quote``:
    the sign around cells of a CSV, or ``none``.
    """

    format: Literal["csv", "xes", "parquet", "excel"] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    quote: Literal['"', "'", "none"] = '"'
    sheet: str | None = None
    header_row: Annotated[int, Field(ge=1, le=100)] | None = None


class NumberMarks(Closed):
    """The signs within numbers written as text: in ``1.500.000,5`` the comma is decimal, points part thousands."""

    decimal: DecimalMark = "."
    thousands: ThousandsMark = ""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign")
        return self


class TimeRules(Closed):
    """Formats: ``iso8601``, ``epoch_s``, ``epoch_ms``, ``excel_serial`` or a strptime pattern; one must fit, no two.

    ``zone`` holds for values without an offset. Of an hour that occurs twice the first is meant; an hour that does
    not occur is read with the offset before the change.
    """

    zone: ZoneName
    formats: Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)] = ["iso8601"]


class Value(Closed):
    """Where a value comes from: a column (of several, the first that is not empty), a constant, a generated code, or
    several values: ``join`` puts texts together (nothing when one of them is empty), ``after`` is an instant to which
    so many days or hours are added, ``entries`` are the named parts of a field that holds several.

    ``translate`` replaces listed values; ``unlisted`` stands for those that are not listed (without it the event is
    refused), ``missing`` for an empty column. ``prefix`` goes in front. ``date_only`` says which end of the day a
    time without an hour means.
    """

    column: Columns | None = None
    constant: str | None = None
    code_from: str | None = None
    join: Annotated[list[ColumnValue], Field(min_length=2)] | None = None
    with_: str = Field("", alias="with")
    after: ColumnValue | None = None
    add: Annotated[Value, BeforeValidator(_as_number)] | None = None
    unit: Literal["day", "hour"] | None = None
    entries: Annotated[dict[str, ColumnValue], Field(min_length=1)] | None = None
    translate: dict[str, str] | None = None
    unlisted: str | None = None
    missing: str | None = None
    prefix: str = ""
    date_only: Literal["start", "end"] = "start"

    @model_validator(mode="after")
    def _check_origin(self) -> Self:
        given = [name for name in ORIGINS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of {', '.join(ORIGINS)}; found {', '.join(given) or 'none'}")
        if self.unlisted is not None and self.translate is None:
            raise ValueError("unlisted belongs to translate")
        if self.with_ and self.join is None:
            raise ValueError("with belongs to join, as in {join: [Đơn vị, Số], with: '-'}")
        if (self.after is not None, self.after is not None) != (self.add is not None, self.unit is not None):
            raise ValueError("after, add and unit go together, as in {after: Tiếp nhận, add: 30, unit: day}")
        if self.add and self.add.constant is not None and not _is_number_of_days(self.add.constant):
            raise ValueError(f"add: {self.add.constant!r} is no whole number from 0 to {MOST_ADDED:,}")
        if (self.after or self.entries) and (self.translate or self.prefix or self.missing is not None):
            raise ValueError(
                f"translate, prefix and missing belong to texts, not to {given[0]}: give them to its parts"
            )
        for part in [*(self.join or []), *(self.entries or {}).values(), *filter(None, [self.add])]:
            if not part.is_text:
                raise ValueError(f"{given[0]}: each part is a text: a column, constant, code_from or join")
        if self.after is not None and self.after.entries is not None:
            raise ValueError("after: is an instant, which entries are not")
        return self

    @property
    def is_text(self) -> bool:
        """Whether it gives one text (an instant is read from one, too)."""
        return self.after is None and self.entries is None

    @property
    def outputs(self) -> list[str]:
        """Every text that the mapping itself can put here."""
        named = [self.constant, self.unlisted, *(self.translate or {}).values()]
        texts = [self.prefix + text for text in named if text is not None]
        return texts if self.missing is None else [*texts, self.missing]


def _is_number_of_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= MOST_ADDED


ColumnValue = Annotated[Value, BeforeValidator(as_column)]
