"""The verdict on a figure: whether it meets its target, and whether chance can explain a miss. Pure.

Decided here alone: the read API gives every figure its verdict, pages and reports show it. Grafana's alert rules
compare the same bound in SQL (warehouse/grafana_sql/expressions.py); a test compares the two.
"""

from __future__ import annotations

from typing import Literal

from contract.indicators.indicator import Figure, Target

Verdict = Literal["met", "missed", "missed_beyond_doubt", "too_few", "none"]
"""``none``: there is a figure and no target. ``too_few``: there is no figure, with too few cases or for any reason."""

WATCHED = ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE")
"""The indicators whose misses are trouble: a supervisor has to act on them the same day."""


def verdict(figure: Figure, target: Target | None) -> Verdict:
    """The verdict on a figure; beyond doubt when its whole 95 % interval, if it has one, misses the target."""
    if figure.value is None:
        return "too_few"
    if target is None:
        return "none"
    if target.is_met_by(figure.value):
        return "met"
    return "missed" if target.is_met_by(_nearest_bound(figure.value, figure, target)) else "missed_beyond_doubt"


def miss_in_points(figure: Figure, target: Target, unit_of_measure: str) -> float:
    """By how much the bound nearest to the target misses it, to put misses in an order; 0 without a figure.

    Shares count in percentage points, all else in percent of the target, so that 30 minutes where 15 are allowed
    weigh as much as a share of 0 where 100 % are expected.
    """
    if figure.value is None:
        return 0.0
    bound = _nearest_bound(figure.value, figure, target)
    gap = target.value - bound if target.op == ">=" else bound - target.value
    return gap if unit_of_measure == "percent" or not target.value else 100 * gap / target.value


def _nearest_bound(value: float, figure: Figure, target: Target) -> float:
    """The bound of the interval that is nearest to the target; the value itself where there is no interval."""
    low, high = figure.interval or (value, value)
    return high if target.op == ">=" else low
