"""Units that miss a target for days on end."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from dashboards.answers.common import Instant, OfTree
from dashboards.answers.figures import Target


class Warned(TypedDict):
    """A warning of the catalogue about one unit: ``days`` in a row missed ``target``, the last of them by ``value``."""

    id: str
    name_vi: str
    name_en: str
    indicator: str
    indicator_name_vi: str
    indicator_name_en: str
    unit_of_measure: Literal["percent", "hours", "minutes", "seconds", "count", "points"]
    unit: str
    days: int
    n: int
    value: float
    target: Target


class Warnings(OfTree):
    """All warnings about units of a level, the longest streak first."""

    unit: str
    level: UnitLevel
    as_of: Instant | None
    warnings: list[Warned]
