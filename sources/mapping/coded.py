"""The units and procedures that a mapping defines, one by one or from columns' values."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from contract.events.envelope import OLDEST
from contract.events.fields import Code, Text
from contract.events.reference import Term, UnitLevel
from sources.mapping.calendars import NO_CALENDAR, Calendar
from sources.mapping.rules import Closed, UnitCode, Value


def _in_range(day: date) -> date:
    if day <= OLDEST.date():
        raise ValueError(f"must be after {OLDEST.date()}, the oldest time an event may have")
    return day


EarlyDay = Annotated[date, AfterValidator(_in_range)]


class CodedColumn(Closed):
    """A column whose values become units or procedures.

    ``code``: ``slug`` makes a readable code of the value, ``as_is`` takes the value itself. ``codes`` names codes
    for single values, whole, and goes before both. ``names_vi`` and ``names_en`` translate the names.
    """

    column: str
    code: Literal["slug", "as_is"] = "slug"
    prefix: str | None = None
    codes: dict[str, Code] = Field({})
    name_column: str | None = None
    names_vi: dict[str, Text] = Field({})
    names_en: dict[str, Text] = Field({})


class UnitColumn(CodedColumn):
    """Units below ``parent``, a code or ``{code_from: …}``. Codes are ``<parent>.<slug>`` unless a prefix is given."""

    parent: Annotated[Value, BeforeValidator(lambda given: {"constant": given} if isinstance(given, str) else given)]
    level: UnitLevel
    prefix: UnitCode | None = None
    codes: dict[str, UnitCode] = Field({})


class FixedUnit(Closed):
    """A unit that the mapping defines."""

    code: UnitCode
    name_vi: Text
    name_en: Text
    level: UnitLevel
    parent: Code | None = None


def _calendar_form(given: object) -> str:
    return "<text>" if isinstance(given, str) else "<table>"


class Units(Closed):
    """Units that are loaded before the events, all valid from one early day.

    ``calendar`` counts the terms of their procedures: days that the mapping brings along, the code of a calendar that
    is loaded already, or ``none`` where none is to be had.
    """

    valid_from: EarlyDay
    calendar: (
        Annotated[
            Annotated[UnitCode, Tag("<text>")] | Annotated[Calendar, Tag("<table>")], Discriminator(_calendar_form)
        ]
        | None
    ) = None
    defined: list[FixedUnit] = Field([])
    from_columns: dict[str, UnitColumn] = Field({})

    @property
    def calendar_code(self) -> str | None:
        """The code of the calendar that these units follow."""
        code = self.calendar.code if isinstance(self.calendar, Calendar) else self.calendar
        return None if code == NO_CALENDAR else code


class FixedProcedure(Term):
    """A procedure that the mapping defines, with its term (see the contract)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    unit: Code
    code: Code
    name_vi: Text
    name_en: Text | None = None


class ProcedureColumn(CodedColumn, Term):
    """Procedures published by ``unit``, one for each value, all with one term."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Procedures(Closed):
    """Procedures that are loaded before the events, published on one early day."""

    published: EarlyDay
    defined: list[FixedProcedure] = Field([])
    from_columns: dict[str, ProcedureColumn] = Field({})
