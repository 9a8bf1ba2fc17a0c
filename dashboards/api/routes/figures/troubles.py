"""Units that miss a target beyond doubt: whom a supervisor has to look after first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query

from contract.events.reference import UnitLevel
from contract.indicators.indicator import evaluate
from contract.indicators.verdict import WATCHED, miss_in_points
from dashboards.answers.troubles import Trouble, TroubleFigure, Troubles
from dashboards.api.context import QuestionDep
from dashboards.api.figure_json import describe_figure, target_of, with_those_for_points
from dashboards.api.file_formats import Answer, Row, flat_rows, with_files
from dashboards.api.filters import Ids
from warehouse.read.last_year_fallback import counts_of

DEFAULT_LEVELS: list[UnitLevel] = ["service_point", "branch"]
Level = Annotated[UnitLevel | None, Query(description=f"{' and '.join(DEFAULT_LEVELS)} when left out")]


def file_rows(answer: Answer) -> Iterator[Row]:
    """A row for each figure, with its unit's names and level."""
    for trouble in answer["troubles"]:
        about_unit = {name: value for name, value in trouble.items() if name != "figures"}
        yield from flat_rows({**figure, **about_unit} for figure in trouble["figures"])


@with_files(file_rows)
def get_troubles(question: QuestionDep, level: Level = None, ids: Ids = None) -> Troubles:
    """Units below ``unit`` that miss a target beyond doubt, the largest miss first, each with all such figures.

    Beyond doubt is a miss that the figure's 95 % interval does not explain; a figure without an interval is taken as it
    is. Satisfaction, waiting and overdue dossiers when ``ids`` is left out. In files a row is a figure.
    """
    tree, period = question.tree, question.period
    indicators = question.context.indicators(ids or ",".join(WATCHED))
    as_of = question.context.as_of()
    levels = [level] if level else DEFAULT_LEVELS
    troubles: list[Trouble] = []
    figures_with_value = 0
    for level_of_units in levels:
        members = tree.members(question.unit, level_of_units)
        counts_of_units = counts_of(question.client, members, period, with_those_for_points(indicators))
        for unit, counts in counts_of_units.items():
            missed: list[TroubleFigure] = []
            for indicator in indicators:
                figure = describe_figure(indicator, unit, counts, period, tree, as_of)
                figures_with_value += figure["value"] is not None
                target = target_of(indicator, unit, period, tree)
                if target and figure["verdict"] == "missed_beyond_doubt":
                    miss = miss_in_points(evaluate(indicator, counts), target, indicator.unit)
                    missed.append({**figure, "miss_in_points": miss})
            if missed:
                missed.sort(key=_miss, reverse=True)
                troubles.append(
                    {
                        "unit": unit,
                        "unit_name_vi": tree.units[unit].name_vi,
                        "unit_name_en": tree.units[unit].name_en,
                        "level": level_of_units,
                        "figures": missed,
                    }
                )
    troubles.sort(key=lambda trouble: (-_miss(trouble["figures"][0]), trouble["unit"]))
    return {
        "unit": question.unit,
        "levels": levels,
        **question.context.period_fields(period),
        "as_of": as_of,
        "figures_with_value": figures_with_value,
        "troubles": troubles,
    }


def _miss(figure: TroubleFigure) -> float:
    return figure["miss_in_points"]
