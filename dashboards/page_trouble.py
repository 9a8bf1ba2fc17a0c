"""Which units miss a target beyond doubt, from the read API's rankings. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dashboards.page_format import misses_beyond_doubt

WATCHED = ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE")
LEVELS = ("service_point", "branch")


@dataclass
class Trouble:
    """One unit with every figure that misses its target, and the best place it has in any worst-first ranking."""

    unit: str
    level: str
    place: int
    figures: list[dict[str, Any]] = field(default_factory=list)


def in_trouble(answers: Iterable[dict[str, Any]]) -> list[Trouble]:
    """Units that miss a target beyond doubt: those with most problems first, then the worst ranked."""
    found: dict[str, Trouble] = {}
    for answer in answers:
        for indicator in WATCHED:
            for place, figure in enumerate(answer["rankings"].get(indicator, ())):
                if misses_beyond_doubt(figure):
                    unit = found.setdefault(figure["unit"], Trouble(figure["unit"], answer["level"], place))
                    unit.place = min(unit.place, place)
                    unit.figures.append(figure)
    return sorted(found.values(), key=lambda unit: (-len(unit.figures), unit.place, unit.unit))


def any_figure(answers: Iterable[dict[str, Any]]) -> bool:
    """Whether at least one unit has enough cases for a figure."""
    return any(
        figure["status"] == "ok" for answer in answers for ranking in answer["rankings"].values() for figure in ranking
    )
