"""Figures that came as numbers, of which no single case is known: shown as they were told, apart from all others."""

from __future__ import annotations

from typing import Any, cast

from dashboards.answers.imports import CountedFigure, CountedFigures
from dashboards.api.context import Store, readable
from dashboards.api.file_formats import with_files
from dashboards.api.filters import From, To, Unit
from warehouse.read import evidence


@with_files("counted")
def get_counted(store: Store, unit: Unit, start: From = None, to: To = None) -> CountedFigures:
    """Figures that came as numbers (`figures.counted`), of a unit and all below; they are in no other figure."""
    tree, period, _ = store.scope(unit, start, to, None)
    rows = evidence.counted(store.client, tree.below(unit), period)
    return {"unit": unit, **store.told(period), "counted": [_figure(row) for row in rows]}


def _figure(row: dict[str, Any]) -> CountedFigure:
    columns = ("unit", "indicator", "name_vi", "name_en", "first_day", "last_day", "numerator", "denominator", "source")
    return cast("CountedFigure", {name: row[name] for name in columns} | {"told_at": readable(row["told_at"])})
