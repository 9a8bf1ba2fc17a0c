"""The working days that a mapping brings along for its units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from contract.reference.calendar import calendar_days
from contract.reference.rows import Fault, Row
from sources.mapping.rules import Closed, UnitCode, ZoneName

NO_CALENDAR = "none"
MOST_YEARS = 60


class CalendarLine(Closed):
    """One line of a calendar, as in ``calendar.csv``: later lines go before earlier ones."""

    kind: Literal["week", "off", "work"]
    date_from: date
    date_to: date
    weekdays: str = ""
    sessions: str = ""
    name_vi: str = ""
    name_en: str = ""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        # Every day becomes an event.
        if self.date_to.year - self.date_from.year > MOST_YEARS:
            raise ValueError(f"spans more than {MOST_YEARS} years")
        return self


class Calendar(Closed):
    """A calendar's code and its working days; days without a line are not known.

    ``zone`` is the clock by which the hours are told, when it is another than that of the mapping's times.
    """

    code: UnitCode
    zone: ZoneName | None = None
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
        """The data of one event for each day, sent by ``unit``."""
        for _, data in calendar_days(self._rows(), unit, []):
            yield data

    def _rows(self) -> list[Row]:
        lines = (line.model_dump(mode="json") for line in self.days)
        return [
            Row("", number, "", {"calendar": self.code, **{name: text for name, text in line.items() if text}})
            for number, line in enumerate(lines)
        ]
