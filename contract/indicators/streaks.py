"""Warnings of what misses its target for days on end. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from contract.indicators.indicator import Closed, Target


class LastingMiss(Closed):
    """A warning: one of ``indicators`` misses the target of a unit on ``days`` days in a row.

    Days on which nothing of the kind happened neither break the row nor lengthen it; ``min_n`` cases on all days of the
    row together are needed, so that one dossier a day is no proof.
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
        """How many days are looked through: a row of working days has weekends in it."""
        return 2 * self.days


class OfDay(NamedTuple):
    """One indicator of a unit on a day; ``value`` in the shown unit, None without a case."""

    value: float | None
    n: int


def row_of_misses(days: Sequence[OfDay], target: Target) -> tuple[int, int]:
    """How many of the latest days in a row miss the target, and their cases; ``days`` from the earliest on."""
    missed, cases = 0, 0
    for day in reversed(days):
        if day.value is None:
            continue
        if target.is_met_by(day.value):
            break
        missed += 1
        cases += day.n
    return missed, cases
