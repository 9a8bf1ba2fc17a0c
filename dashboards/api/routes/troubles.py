"""Units that miss a target beyond doubt: whom a supervisor has to look after first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import Query

from contract.events.reference import UnitLevel
from contract.indicators.indicator import evaluate
from contract.indicators.verdict import WATCHED, miss_in_points
from dashboards.answers.troubles import Trouble, TroubleFigure, Troubles
from dashboards.api import figure_json
from dashboards.api.context import Store
from dashboards.api.file_formats import flat_rows, with_files
from dashboards.api.filters import From, Ids, To, Unit
from warehouse.read.last_year_fallback import counts_of

DEFAULT_LEVELS: list[UnitLevel] = ["service_point", "branch"]
Level = Annotated[UnitLevel | None, Query(description=f"{' and '.join(DEFAULT_LEVELS)} when left out")]


def file_rows(answer: Mapping[str, Any]) -> Iterator[Mapping[str, object]]:
    """A row for each figure, with its unit's names and level."""
    for trouble in answer["troubles"]:
        about = {name: value for name, value in trouble.items() if name != "figures"}
        yield from flat_rows({**figure, **about} for figure in trouble["figures"])


@with_files(file_rows)
def get_troubles(
    store: Store, unit: Unit, level: Level = None, start: From = None, to: To = None, ids: Ids = None
) -> Troubles:
    """Units below ``unit`` that miss a target beyond doubt, the largest miss first, each with all such figures.

    Beyond doubt is a miss that the figure's 95 % interval does not explain; figures without an interval are taken as
    they are. Satisfaction, waiting and overdue dossiers when ``ids`` is left out. In files a row is a figure.
    """
    tree, period, wanted = store.scope(unit, start, to, ids or ",".join(WATCHED))
    as_of = store.as_of()
    levels = [level] if level else DEFAULT_LEVELS
    troubles: list[Trouble] = []
    figures_with_value = 0
    for looked_at in levels:
        counted = counts_of(store.client, tree.members(unit, looked_at), period, figure_json.needed(wanted))
        for code, counts in counted.items():
            missed: list[TroubleFigure] = []
            for indicator in wanted:
                shown = figure_json.figure(indicator, code, counts, period, tree, as_of)
                figures_with_value += shown["value"] is not None
                target = figure_json.target_of(indicator, code, period, tree)
                if target and shown["verdict"] == "missed_beyond_doubt":
                    miss = miss_in_points(evaluate(indicator, counts), target, indicator.unit)
                    missed.append({**shown, "miss_in_points": miss})
            if missed:
                missed.sort(key=_miss, reverse=True)
                row = tree.units[code]
                troubles.append(
                    {
                        "unit": code,
                        "unit_name_vi": row.name_vi,
                        "unit_name_en": row.name_en,
                        "level": looked_at,
                        "figures": missed,
                    }
                )
    troubles.sort(key=lambda trouble: (-_miss(trouble["figures"][0]), trouble["unit"]))
    return {
        "unit": unit,
        "levels": levels,
        **store.told(period),
        "as_of": as_of,
        "figures_with_value": figures_with_value,
        "troubles": troubles,
    }


def _miss(figure: TroubleFigure) -> float:
    return figure["miss_in_points"]
