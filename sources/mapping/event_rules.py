"""The rules of a mapping: which event a case or a row makes, and when. All closed, as ``rules.py`` has it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from contract.events.envelope import EVENT_DATA
from contract.events.fields import Code
from sources.compiled.field_types import fault_of, field_reader, holds_entries
from sources.mapping.periods import Period
from sources.mapping.rules import Closed, Columns, ColumnValue, Value, Values

SKIP = "skip"
"""In a table of event types: rows with this value make no event."""

ENDINGS = ("dossier.completed", "dossier.returned", "dossier.stopped", "dossier.refused", "dossier.withdrawn")
"""How a dossier may end. Of one that has several, the first in this order is its end (in the store, always)."""


def _as_condition(given: object) -> object:
    if isinstance(given, str) and given not in {"present", "absent"}:
        raise ValueError(f"{given!r} is no condition: write present, absent, {{is: {given}}} or {{is_not: {given}}}")
    if isinstance(given, list):
        raise ValueError(f"a list is no condition: write {{is: [{', '.join(map(str, given))}]}}")
    return given


def _form(given: object) -> str:
    """The tag of the form that was given; tags stand in brackets so that no key is taken for one."""
    return "<text>" if isinstance(given, str) else "<table>"


def _check_type(name: str) -> str:
    if name not in EVENT_DATA:
        raise ValueError(f"{name!r} is no event type; there are {', '.join(sorted(EVENT_DATA))}")
    return name


EventType = Annotated[str, AfterValidator(_check_type)]


PERIOD_DAYS = {"first_day", "last_day"}


class TypeTable(Closed):
    """The event type by a column's value; the entry ``skip`` makes no event. ``unlisted`` as in ``Value``."""

    column: Columns
    translate: dict[str, str]
    unlisted: str | None = None

    @model_validator(mode="after")
    def _check_types(self) -> Self:
        for name in self.types:
            _check_type(name)
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
    def _check_one_key(self) -> Self:
        if (self.is_ is None) == (self.is_not is None):
            raise ValueError("give either is or is_not")
        return self


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
    ``period`` gives the first and last day of a total. ``name`` is the rule's part of the id; needed only where two
    rules make the same type.
    """

    event: EventName
    name: Code | None = None
    each: Literal["case", "row", "first_row", "last_row"] = "case"
    time: ColumnValue
    period: Period | None = None
    when: Conditions = Field({})
    when_any_row: Annotated[Conditions, Field(min_length=1)] | None = None
    when_no_row: Annotated[Conditions, Field(min_length=1)] | None = None
    key: Columns | None = None
    subject: ColumnValue | None = None
    unit: ColumnValue | None = None
    data: dict[str, ColumnValue] = Field({})

    @property
    def id_part(self) -> str:
        """The part of the id that distinguishes this rule's events from those of other rules."""
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
            needed -= PERIOD_DAYS if self.period else set()
            if self.period and not fields.keys() >= PERIOD_DAYS:
                raise ValueError(f"period: {kind} is told of one instant, not of a period")
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
