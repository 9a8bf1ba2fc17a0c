"""The parts of a mapping: values, conditions, event rules, how the file is read. ``mapping.py`` has the whole.

All are closed: a key that is not listed here is an error.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from contract.events import EVENT_DATA
from contract.fields import Code
from senders.fields import fault_of, field_reader, holds_entries

SKIP = "skip"
"""In a table of event types: rows with this value make no event."""

ENDINGS = ("dossier.completed", "dossier.returned", "dossier.stopped", "dossier.refused", "dossier.withdrawn")
"""How a dossier may end. Of one that has several, the first in this order is its end (in the store, always)."""

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


def _as_condition(given: object) -> object:
    if isinstance(given, str) and given not in {"present", "absent"}:
        raise ValueError(f"{given!r} is no condition: write present, absent, {{is: {given}}} or {{is_not: {given}}}")
    if isinstance(given, list):
        raise ValueError(f"a list is no condition: write {{is: [{', '.join(map(str, given))}]}}")
    return given


def _form(given: object) -> str:
    """Which of two forms was written; the tags stand in brackets so that no key is taken for one."""
    return "<text>" if isinstance(given, str) else "<table>"


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
    """How the file is to be read, where its name and content do not say so."""

    format: Literal["csv", "xes", "parquet", "excel"] | None = None
    encoding: str | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    sheet: str | None = None


class TimeRules(Closed):
    """Formats are tried in order: ``iso8601``, ``epoch_s``, ``epoch_ms`` or a strptime pattern.

    ``zone`` holds for values without an offset. Of an hour that occurs twice the first is meant; an hour that does
    not occur is read with the offset before the change.
    """

    zone: Annotated[str, AfterValidator(_known_zone)]
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
    def _one_origin(self) -> Self:
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


def _is_number_of_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= MOST_ADDED


ColumnValue = Annotated[Value, BeforeValidator(as_column)]
Condition = Annotated[
    Annotated[Literal["present", "absent"], Tag("<text>")] | Annotated[Comparison, Tag("<table>")],
    Discriminator(_form),
    BeforeValidator(_as_condition),
]
EventName = Annotated[
    Annotated[EventType, Tag("<text>")] | Annotated[TypeTable, Tag("<table>")],
    Discriminator(_form),
]
Conditions = dict[str, Condition]


class EventRule(Closed):
    """One event of each case or of each row for which all of ``when`` hold.

    ``when_any_row`` and ``when_no_row``: at least one row of the case, or none of them, meets all of these conditions.

    ``each``: ``case`` (a column's value is the first one that is not empty among the case's rows), ``row``, or the
    ``first_row`` or ``last_row`` in time. ``key``: columns that tell a case's rows apart, for the event's id.
    ``name`` is the rule's part of the id; needed only where two rules make the same type.
    """

    event: EventName
    name: Code | None = None
    each: Literal["case", "row", "first_row", "last_row"] = "case"
    time: ColumnValue
    when: Conditions = {}
    when_any_row: Annotated[Conditions, Field(min_length=1)] | None = None
    when_no_row: Annotated[Conditions, Field(min_length=1)] | None = None
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
        for name in ("subject", "unit"):
            value: Value | None = getattr(self, name)
            if value and not value.is_text:
                raise ValueError(f"{name}: is a text: a column, constant, code_from or join")
        if self.time.entries is not None:
            raise ValueError("time: is an instant, which entries are not")
        for kind in sorted(self.types):
            fields = EVENT_DATA[kind].model_fields
            needed = {name for name, field in fields.items() if field.is_required()} - {"unit", *self.data}
            if needed:
                raise ValueError(f"{kind} needs data: {', '.join(sorted(needed))}")
            for name, value in self.data.items():
                wrong = _wrong_form(kind, name, value)
                if wrong:
                    raise ValueError(f"data.{name}: {wrong}")
                for text in value.outputs:
                    fault = fault_of(EVENT_DATA[kind], name, text)
                    if fault:
                        raise ValueError(f"data.{name}: {text!r} is not what {kind} takes: {fault}")
        return self


def _wrong_form(kind: str, name: str, value: Value) -> str | None:
    """Why a value of this form cannot be this field of an event, or None."""
    model: Any = EVENT_DATA[kind]
    if holds_entries(model, name) != (value.entries is not None):
        if value.entries is not None:
            return f"is one value in {kind}, not several entries"
        return f"holds several entries in {kind}: write {{entries: {{name: column, other: column}}}}"
    if value.after is not None and field_reader(model, name) is not None:
        return f"is no instant in {kind}, so nothing can be added to one"
    return None
