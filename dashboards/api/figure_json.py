"""One figure as the read API answers it: its name, the cases behind it, its target, verdict and points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Indicator, Target, evaluate
from contract.indicators.measures import Counts
from contract.indicators.missing import texts
from contract.indicators.verdict import verdict
from contract.time import VIETNAM
from dashboards.answers.figures import Figure
from dashboards.api.context import period_bounds
from dashboards.api.unit_tree import Tree
from warehouse.read.periods import Period


def with_those_for_points(indicators: Sequence[Indicator]) -> list[Indicator]:
    """These indicators and the others that their points depend on."""
    return [*indicators, *(other for indicator in indicators for other in _others_for_points(indicator))]


def _others_for_points(indicator: Indicator) -> list[Indicator]:
    component = catalogue().rule_set_of[indicator.id].components.get(indicator.id)
    return [catalogue().indicators[name] for name in sorted(component.others())] if component else []


def describe_figure(
    indicator: Indicator, unit: str, counts: Counts, period: Period, tree: Tree, as_of: str | None
) -> Figure:
    """The figure of a unit, from counts of all indicators of ``with_those_for_points``."""
    figure = evaluate(indicator, counts)
    target = target_of(indicator, unit, period, tree)
    rule_set = catalogue().rule_set_of[indicator.id]
    component = rule_set.components.get(indicator.id)
    others = {other.id: evaluate(other, counts) for other in _others_for_points(indicator)}
    points = component.points(figure, tree.units[unit].level, others) if component else None
    return {
        "id": indicator.id,
        "name_vi": indicator.name_vi,
        "name_en": indicator.name_en,
        "unit_of_measure": indicator.unit,
        "direction": indicator.direction,
        "unit": unit,
        # Counts by unit-hour come in whole hours, so these are the bounds that the figure covers.
        **period_bounds(period if indicator.is_of_dossiers() else period.whole_hours()),
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "interval": figure.interval,
        "target": None if target is None else {"op": target.op, "value": target.value, "source": target.source},
        "points": points.points if points else None,
        "max_points": component.max_points if component else None,
        "status": figure.status,
        "reason": figure.reason,
        "reason_vi": texts()[figure.reason]["vi"] if figure.reason else None,
        "reason_en": texts()[figure.reason]["en"] if figure.reason else None,
        "rule_set": rule_set.id,
        "as_of": as_of,
        "verdict": verdict(figure, target),
    }


def target_of(indicator: Indicator, unit: str, period: Period, tree: Tree) -> Target | None:
    """The target of a unit that holds on the last day of a period."""
    last_day = (period.end - timedelta(microseconds=1)).astimezone(VIETNAM).date()
    return tree.target(indicator, unit, last_day)
