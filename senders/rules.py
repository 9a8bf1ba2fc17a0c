"""The parts of a mapping: values, conditions, event rules, how the file is read. ``mapping.py`` has the whole.

All are closed: a key that is not listed here is an error.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from contract.events import EVENT_DATA
from contract.fields import Code
from senders.fields import fault_of
from senders.numbers import DecimalMark, ThousandsMark

SKIP = "skip"
"""In a table of event types: rows with this value make no event."""


class Closed(BaseModel):
    """A part of a mapping: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_list(given: object) -> object:
    return [given] if isinstance(given, str) else given


def as_column(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ValueError(f"{name!r} is no time zone of the IANA list, such as Asia/Ho_Chi_Minh") from fault
    return name


def _known_type(name: str) -> str:
    if name not in EVENT_DATA:
        raise ValueError(f"{name!r} is no event type; there are {', '.join(sorted(EVENT_DATA))}")
    return name


Columns = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]
Values = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]
EventType = Annotated[str, AfterValidator(_known_type)]


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

    zone: Annotated[str, AfterValidator(_known_zone)]
    formats: Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)] = ["iso8601"]


class Value(Closed):
    """Where a value comes from: a column (of several, the first that is not empty), a constant, or a generated code.

    ``translate`` replaces listed values; ``unlisted`` stands for those that are not listed (without it the event is
    refused), ``missing`` for an empty column. ``prefix`` goes in front. ``date_only`` says which end of the day a
    time without an hour means.
    """

    column: Columns | None = None
    constant: str | None = None
    code_from: str | None = None
    translate: dict[str, str] | None = None
    unlisted: str | None = None
    missing: str | None = None
    prefix: str = ""
    date_only: Literal["start", "end"] = "start"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("column", "constant", "code_from") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of column, constant, code_from; found {', '.join(given) or 'none'}")
        if self.unlisted is not None and self.translate is None:
            raise ValueError("unlisted belongs to translate")
        return self

    @property
    def outputs(self) -> list[str]:
        """Every text that the mapping itself can put here."""
        named = [self.constant, self.unlisted, *(self.translate or {}).values()]
        found = [self.prefix + text for text in named if text is not None]
        return found if self.missing is None else [*found, self.missing]


class TypeTable(Closed):
    """The event type by a column's value; the word ``skip`` makes no event. ``unlisted`` as in ``Value``."""

    column: Columns
    translate: dict[str, str]
    unlisted: str | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.types:
            _known_type(name)
        return self

    @property
    def types(self) -> set[str]:
        """Every event type the table can give."""
        return {name for name in (*self.translate.values(), self.unlisted) if name not in (SKIP, None)}


class Comparison(Closed):
    """The column's value is one of these, or none of these."""

    is_: Values | None = Field(None, alias="is")
    is_not: Values | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.is_ is None) == (self.is_not is None):
            raise ValueError("give either is or is_not")
        return self


ColumnValue = Annotated[Value, BeforeValidator(as_column)]
Condition = Literal["present", "absent"] | Comparison


class EventRule(Closed):
    """One event of each case or of each row for which all of ``when`` hold.

    ``each``: ``case`` (a column's value is the first one that is not empty among the case's rows), ``row``, or the
    ``first_row`` or ``last_row`` in time. ``key``: columns that tell a case's rows apart, for the event's id.
    ``name`` is the rule's part of the id; needed only where two rules make the same type.
    """

    event: EventType | TypeTable
    name: Code | None = None
    each: Literal["case", "row", "first_row", "last_row"] = "case"
    time: ColumnValue
    when: dict[str, Condition] = {}
    key: Columns | None = None
    subject: ColumnValue | None = None
    unit: ColumnValue | None = None
    data: dict[str, ColumnValue] = {}

    @property
    def id_part(self) -> str:
        """What tells this rule's events from those of the others."""
        return self.name or (self.event if isinstance(self.event, str) else "by " + "/".join(self.event.column))

    @property
    def types(self) -> set[str]:
        """Every event type the rule can give."""
        return {self.event} if isinstance(self.event, str) else self.event.types

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.key and self.each != "row":
            raise ValueError("key belongs to each: row")
        for kind in sorted(self.types):
            fields = EVENT_DATA[kind].model_fields
            needed = {name for name, field in fields.items() if field.is_required()} - {"unit", *self.data}
            if needed:
                raise ValueError(f"{kind} needs data: {', '.join(sorted(needed))}")
            for name, value in self.data.items():
                for text in value.outputs:
                    fault = fault_of(EVENT_DATA[kind], name, text)
                    if fault:
                        raise ValueError(f"data.{name}: {text!r} is not what {kind} takes: {fault}")
        return self
