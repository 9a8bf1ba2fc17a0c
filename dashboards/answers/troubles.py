"""Units that miss a target beyond doubt."""

from __future__ import annotations

from typing_extensions import TypedDict

from contract.events.reference import UnitLevel
from dashboards.answers.common import Instant, OfTree
from dashboards.answers.figures import Figure


class TroubleFigure(Figure):
    """A figure that misses its target beyond doubt, by ``miss_in_points``.

    These are percentage points between the target and the bound of the interval nearest to it; of indicators in other
    units of measure, percent of the target.
    """

    miss_in_points: float


class Trouble(TypedDict):
    """One unit with all its figures that miss a target beyond doubt, the largest miss first."""

    unit: str
    unit_name_vi: str
    unit_name_en: str
    level: UnitLevel
    figures: list[TroubleFigure]


class Troubles(OfTree):
    """All units with such a figure, the largest miss first.

    ``figures_with_value`` of all units and indicators that were looked at have enough cases for a verdict: with 0 of
    them an empty list says nothing.
    """

    unit: str
    levels: list[UnitLevel]
    as_of: Instant | None
    figures_with_value: int
    troubles: list[Trouble]
