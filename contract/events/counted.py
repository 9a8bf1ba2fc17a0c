"""Reported totals: figures counted by another system, without single cases.

They are kept and shown separately (``/v1/counted``) and never added to figures computed from events.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from contract.events.fields import Code, Data, RequiredText, Text

Count = Annotated[float, Field(ge=0, le=1e15)]


class FigureCounted(Data):
    """A count of a unit over the days from ``first_day`` to ``last_day``, both included, as ``source`` reports it.

    ``indicator`` is the sender's name of the count; ``denominator`` is left out where the count is not a share. Of
    several reports on one unit, indicator and period the newest holds.
    """

    indicator: Code
    first_day: date
    last_day: date
    numerator: Count
    denominator: Count | None = None
    source: RequiredText
    name_vi: Text | None = None
    name_en: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}")
        return self


COUNTED_EVENTS: dict[str, type[Data]] = {"figures.counted": FigureCounted}
