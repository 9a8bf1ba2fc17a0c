"""Warnings of targets missed on several days in a row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from contract.indicators.indicator import Closed, Target


class LastingMiss(Closed):
    """A warning: one of ``indicators`` misses the target of a unit on ``days`` days in a row.

    Days without cases neither break the streak nor lengthen it. The streak needs ``min_n`` cases in all, so that one
    dossier a day is not enough.
    """

    id: str = Field(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)+$")
    name_vi: str
    name_en: str
    indicators: tuple[str, ...] = Field(min_length=1)
    days: int = Field(ge=2)
    min_n: int = Field(ge=1)
    source: str = Field(min_length=1)

    @property
    def looks_back_days(self) -> int:
        """The number of days examined; a streak of working days contains weekends."""
        return 2 * self.days


class OfDay(NamedTuple):
    """One indicator of a unit on a day; ``value`` in the shown unit, None without a case."""

    value: float | None
    n: int


def row_of_misses(days: Sequence[OfDay], target: Target) -> tuple[int, int]:
    """The length of the latest streak of missed days, and its cases; ``days`` from the earliest on."""
    missed, cases = 0, 0
    for day in reversed(days):
        if day.value is None:
            continue
        if target.is_met_by(day.value):
            break
        missed += 1
        cases += day.n
    return missed, cases
