"""Figures of all units of a level, and which of them differ beyond chance."""

from __future__ import annotations

from functools import partial
from typing import Literal

from contract.events.reference import UnitLevel
from contract.indicators.funnel import funnel
from contract.indicators.indicator import Indicator
from dashboards.answers.figures import Funnel, RankedFigure, Ranking
from dashboards.api.context import QuestionDep
from dashboards.api.figure_json import describe_figure, with_those_for_points
from dashboards.api.file_formats import with_files
from dashboards.api.filters import Ids
from warehouse.read.last_year_fallback import counts_of


@with_files("rankings")
def get_ranking(
    question: QuestionDep,
    level: UnitLevel = "service_point",
    ids: Ids = None,
    order: Literal["worst", "best"] = "worst",
) -> Ranking:
    """Figures of each unit of a level below ``unit``, those without a figure last.

    The worst are ordered by the bound of the interval nearest to good, the best by the bound nearest to bad: an extreme
    figure of few cases is no proof. ``funnels`` has for each share that of all units together and their spread beyond
    chance (contract/indicators/funnel.py); ``place`` is where a unit stands in the funnel.
    """
    tree, period = question.tree, question.period
    indicators = question.context.indicators(ids)
    as_of = question.context.as_of()
    members = tree.members(question.unit, level)
    counts_of_units = counts_of(question.client, members, period, with_those_for_points(indicators))
    rankings: dict[str, list[RankedFigure]] = {}
    funnels: dict[str, Funnel] = {}
    for indicator in indicators:
        ranking: list[RankedFigure] = [
            {
                **describe_figure(indicator, unit, counts, period, tree, as_of),
                "unit_name_vi": tree.units[unit].name_vi,
                "unit_name_en": tree.units[unit].name_en,
                "place": None,
            }
            for unit, counts in counts_of_units.items()
        ]
        ranking.sort(key=partial(_sort_key, indicator, order))
        rankings[indicator.id] = ranking
        if indicator.is_share() and (shares := _put_into_funnel(ranking)):
            funnels[indicator.id] = shares
    return {
        "unit": question.unit,
        "level": level,
        "order": order,
        **question.context.period_fields(period),
        "as_of": as_of,
        "rankings": rankings,
        "funnels": funnels,
    }


def _put_into_funnel(figures: list[RankedFigure]) -> Funnel | None:
    """The funnel of all shares, None without any; sets the ``place`` of each."""
    shares = [
        (figure, numerator, figure["denominator"])
        for figure in figures
        if (numerator := figure["numerator"]) is not None and 0 <= numerator <= figure["denominator"]
    ]
    limits = funnel([(numerator, denominator) for _, numerator, denominator in shares])
    if limits is None:
        return None
    for figure, numerator, denominator in shares:
        figure["place"] = limits.place(numerator, denominator)
    return {"centre": 100 * limits.centre, "spread": limits.spread}


def _sort_key(indicator: Indicator, order: str, figure: RankedFigure) -> tuple[bool, float, str]:
    value = figure["value"]
    if value is None:
        return (True, 0.0, figure["unit"])
    low, high = figure["interval"] or (value, value)
    if order == "best":
        return (False, -low if indicator.direction == "up" else high, figure["unit"])
    return (False, high if indicator.direction == "up" else -low, figure["unit"])
