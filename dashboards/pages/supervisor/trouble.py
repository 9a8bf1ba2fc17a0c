"""Which units miss a target beyond doubt, from the read API's rankings. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from dashboards.texts.formats import misses_beyond_doubt

WATCHED = ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE")
LEVELS = ("service_point", "branch")


@dataclass
class Trouble:
    """One unit with every figure that misses its target beyond doubt."""

    unit: str
    level: str
    figures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def miss(self) -> float:
        """The largest of the figures' misses."""
        return max(map(miss, self.figures))


def in_trouble(answers: Iterable[dict[str, Any]]) -> list[Trouble]:
    """Units that miss a target beyond doubt, the largest miss first; each with its own largest miss first."""
    found: dict[str, Trouble] = {}
    for answer in answers:
        for indicator in WATCHED:
            for figure in answer["rankings"].get(indicator, ()):
                if misses_beyond_doubt(figure):
                    found.setdefault(figure["unit"], Trouble(figure["unit"], answer["level"])).figures.append(figure)
    for unit in found.values():
        unit.figures.sort(key=miss, reverse=True)
    return sorted(found.values(), key=lambda unit: (-unit.miss, unit.unit))


def nobody_cares_first(troubles: list[Trouble], acknowledged: Container[tuple[str, str]]) -> list[Trouble]:
    """Those with something of which nobody takes care before the others, else in their order."""
    return sorted(troubles, key=lambda unit: all((unit.unit, figure["id"]) in acknowledged for figure in unit.figures))


def miss(figure: dict[str, Any]) -> float:
    """How far the bound nearest to the target misses it, for the order of a list: in points of 100.

    Shares count in percentage points, all else in percent of the target, so that 30 minutes where 15 are allowed
    weigh as much as a share of 0 where 100 % are expected.
    """
    low, high = figure["interval"] or (figure["value"], figure["value"])
    expected: float = figure["target"]["value"]
    gap: float = expected - high if figure["target"]["op"] == ">=" else low - expected
    return gap if figure["unit_of_measure"] == "percent" or not expected else 100 * gap / expected


def any_figure(answers: Iterable[dict[str, Any]]) -> bool:
    """Whether at least one unit has enough cases for a figure."""
    return any(
        figure["status"] == "ok" for answer in answers for ranking in answer["rankings"].values() for figure in ranking
    )
