"""Figures that were sent as numbers, without their cases; they stand apart from all other figures."""

from __future__ import annotations

from typing import cast

from dashboards.answers.imports import CountedFigure, CountedFigures
from dashboards.api.context import QuestionDep
from dashboards.api.file_formats import with_files
from dashboards.api.listing import to_json_rows
from warehouse.read import evidence

COLUMNS = (
    *("unit", "indicator", "name_vi", "name_en", "first_day", "last_day"),
    *("numerator", "denominator", "source", "told_at"),
)


@with_files("counted")
def get_counted(question: QuestionDep) -> CountedFigures:
    """Figures that came as numbers (`figures.counted`), of a unit and all below; they are in no other figure."""
    rows = to_json_rows(evidence.counted(question.client, question.units_below(), question.period))
    figures = [{column: row[column] for column in COLUMNS} for row in rows]
    return {**question.head(), "counted": cast("list[CountedFigure]", figures)}
