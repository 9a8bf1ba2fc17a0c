"""The working days that a mapping brings along for its units, and whose appointments cannot be worked out without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contract.reference_calendar import calendar_days
from contract.reference_rows import Fault, Row
from senders.rules import Closed, UnitCode

NO_CALENDAR = "none"


class CalendarLine(Closed):
    """One line of a calendar, as in ``calendar.csv``: later lines go before earlier ones."""

    kind: Literal["week", "off", "work"]
    date_from: date
    date_to: date
    weekdays: str = ""
    sessions: str = ""
    name_vi: str = ""
    name_en: str = ""


class Calendar(Closed):
    """A calendar's code and its working days; days that no line speaks of are not known."""

    code: UnitCode
    days: Annotated[list[CalendarLine], Field(min_length=1)]

    @model_validator(mode="after")
    def _readable(self) -> Self:
        faults: list[Fault] = []
        for _ in calendar_days(self._rows(), "", faults):
            pass
        if faults:
            raise ValueError(f"days.{faults[0].line}.{faults[0].message}")
        return self

    def data(self, unit: str) -> Iterator[dict[str, Any]]:
        """The data of one event for each day, told by ``unit``."""
        for _, data in calendar_days(self._rows(), unit, []):
            yield data

    def _rows(self) -> list[Row]:
        lines = (line.model_dump(mode="json") for line in self.days)
        return [
            Row("", number, "", {"calendar": self.code, **{name: text for name, text in line.items() if text}})
            for number, line in enumerate(lines)
        ]


def calendar_of(unit: str, units: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The calendar of a unit: its own or that of the nearest unit above; ``units`` are definitions by code."""
    for _ in units:
        data = units.get(unit, {})
        if data.get("calendar"):
            return str(data["calendar"])
        unit = data.get("parent") or ""
    return None


def without_appointment(
    wanted: Iterable[tuple[str, str]], reference: Iterable[Mapping[str, Any]]
) -> set[tuple[str, str]]:
    """Those pairs of unit and procedure whose procedure has a term that no calendar of the unit can count.

    ``wanted`` are units and procedures of dossiers without a due date of their own, ``reference`` all reference events.
    """
    units, terms = dict[str, Mapping[str, Any]](), set[str]()
    for event in sorted(reference, key=lambda event: str(event["time"])):
        if event["type"] == "unit.defined":
            units[event["subject"]] = event["data"]
        elif event["type"] in {"procedure.published", "procedure.updated"}:
            (terms.add if event["data"].get("term") else terms.discard)(event["subject"])
    return {(unit, code) for unit, code in wanted if code in terms and unit in units and not calendar_of(unit, units)}
