"""The rule by which the supervisor's page once chose the units in trouble from rankings: a second way to the answer of
/v1/troubles, which shares nothing with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WATCHED = ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE")


@dataclass
class Trouble:
    """One unit with every figure that misses its target beyond doubt."""

    unit: str
    level: str
    figures: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def miss(self) -> float:
        """The largest of the figures' misses."""
        return max(map(miss, self.figures))


def in_trouble(answers: Iterable[Mapping[str, Any]]) -> list[Trouble]:
    """Units that miss a target beyond doubt, the largest miss first; each with its own largest miss first."""
    troubles: dict[str, Trouble] = {}
    for answer in answers:
        for indicator in WATCHED:
            for figure in answer["rankings"].get(indicator, ()):
                if misses_beyond_doubt(figure):
                    trouble = troubles.setdefault(figure["unit"], Trouble(figure["unit"], answer["level"]))
                    trouble.figures.append(figure)
    for trouble in troubles.values():
        trouble.figures.sort(key=miss, reverse=True)
    return sorted(troubles.values(), key=lambda trouble: (-trouble.miss, trouble.unit))


def misses_beyond_doubt(figure: Mapping[str, Any]) -> bool:
    """Whether a figure misses its target, and its whole interval too where it has one."""
    target, value = figure["target"], figure["value"]
    if figure["status"] != "ok" or target is None:
        return False
    # A value can meet a target that its interval, computed with floats, misses by a hair.
    if value >= target["value"] if target["op"] == ">=" else value <= target["value"]:
        return False
    low, high = figure["interval"] or (value, value)
    return bool(high < target["value"] if target["op"] == ">=" else low > target["value"])


def miss(figure: Mapping[str, Any]) -> float:
    """How far the bound nearest to the target misses it: percentage points of shares, percent of other targets."""
    low, high = figure["interval"] or (figure["value"], figure["value"])
    expected: float = figure["target"]["value"]
    gap: float = expected - high if figure["target"]["op"] == ">=" else low - expected
    return gap if figure["unit_of_measure"] == "percent" or not expected else 100 * gap / expected
