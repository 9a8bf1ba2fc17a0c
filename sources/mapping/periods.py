"""The days of a total: a column that names a month, a quarter or a year → its first and its last day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sources.files.rows import Cell
from sources.mapping.rules import Closed, Columns, as_list

_MONTHS = {"day": 0, "month": 1, "quarter": 3, "year": 12}
_EXAMPLE = datetime(2026, 11, 25)  # noqa: DTZ001 - a day, of no zone


class Period(Closed):
    """``column`` names a period by a day of it, in one of ``formats`` (strptime patterns); ``of`` is its length."""

    column: Columns
    formats: Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)] = Field(["%m/%Y"])
    of: Literal["day", "month", "quarter", "year"] = "month"

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for form in self.formats:
            example = _EXAMPLE.strftime(form)
            try:
                read = datetime.strptime(example, form)  # noqa: DTZ007 - as above
            except ValueError as fault:
                raise ValueError(f"formats: {form!r} does not read its own example, {example!r}") from fault
            if days_of(read.date(), self.of) != days_of(_EXAMPLE.date(), self.of):
                raise ValueError(
                    f"formats: {form!r} does not say which {self.of} it is: it reads {example!r} as {read.date()}; "
                    "there are patterns such as '%m/%Y' (11/2026), '%Y-%m' (2026-11), '%Y' (2026)"
                )
        return self


def days_of(day: date, length: str) -> tuple[date, date]:
    """The first and the last day of the day, month, quarter or year in which a day lies."""
    months = _MONTHS[length]
    if not months:
        return day, day
    first = (day.month - 1) // months * months + 1
    last = first + months - 1
    return date(day.year, first, 1), date(day.year, last, monthrange(day.year, last)[1])


def period_reader(period: Period) -> Callable[[Cell], tuple[date, date]]:
    """How to read a cell that names a period; ValueError for one that does not."""

    def read(cell: Cell) -> tuple[date, date]:
        if isinstance(cell, datetime):
            return days_of(cell.date(), period.of)
        if isinstance(cell, date):
            return days_of(cell, period.of)
        text = (cell or "").strip()
        for form in period.formats:
            try:
                return days_of(datetime.strptime(text, form).date(), period.of)  # noqa: DTZ007 - as above
            except ValueError:
                continue
        raise ValueError(f"{text[:60]!r} is no {period.of} of the form {' or '.join(period.formats)}")

    return read
