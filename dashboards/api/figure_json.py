"""One figure as the read API tells it, with everything that it rests on."""

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
from dashboards.api.context import times
from dashboards.api.unit_tree import Tree
from warehouse.read.periods import Period


def needed(indicators: Sequence[Indicator]) -> list[Indicator]:
    """These and what their points need besides."""
    return [*indicators, *(other for indicator in indicators for other in _others(indicator))]


def _others(indicator: Indicator) -> list[Indicator]:
    """What an indicator's points need besides its own found."""
    component = catalogue().rule_set_of[indicator.id].components.get(indicator.id)
    return [catalogue().indicators[name] for name in sorted(component.others())] if component else []


def figure(indicator: Indicator, unit: str, counts: Counts, period: Period, tree: Tree, as_of: str | None) -> Figure:
    """A figure as the read API tells it: with its name, what it rests on, its target and its points."""
    found = evaluate(indicator, counts)
    target = target_of(indicator, unit, period, tree)
    rule_set = catalogue().rule_set_of[indicator.id]
    component = rule_set.components.get(indicator.id)
    others = {other.id: evaluate(other, counts) for other in _others(indicator)}
    points = component.points(found, tree.units[unit].level, others) if component else None
    return {
        "id": indicator.id,
        "name_vi": indicator.name_vi,
        "name_en": indicator.name_en,
        "unit_of_measure": indicator.unit,
        "direction": indicator.direction,
        "unit": unit,
        # Counts by unit-hour come in whole hours, and the figure says so.
        **times(period if indicator.is_of_dossiers() else period.whole_hours()),
        "value": found.value,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "n": found.n,
        "interval": found.interval,
        "target": None if target is None else {"op": target.op, "value": target.value, "source": target.source},
        "points": points.points if points else None,
        "max_points": component.max_points if component else None,
        "status": found.status,
        "reason": found.reason,
        "reason_vi": texts()[found.reason]["vi"] if found.reason else None,
        "reason_en": texts()[found.reason]["en"] if found.reason else None,
        "rule_set": rule_set.id,
        "as_of": as_of,
        "verdict": verdict(found, target),
    }


def target_of(indicator: Indicator, unit: str, period: Period, tree: Tree) -> Target | None:
    """The target of a unit that holds on the last day of a period."""
    last_day = (period.end - timedelta(microseconds=1)).astimezone(VIETNAM).date()
    return tree.target(indicator, unit, last_day)
