"""Counts by hour or day, for charts."""

from __future__ import annotations

from typing import Literal, cast

from dashboards.answers.figures import Series, Step
from dashboards.api.context import QuestionDep
from dashboards.api.file_formats import with_files
from dashboards.api.listing import to_json_rows
from warehouse.read import counts as store_counts


@with_files("series")
def get_series(question: QuestionDep, step: Literal["hour", "day"] = "hour") -> Series:
    """Counts by hour or day, for charts."""
    rows = store_counts.series(question.client, question.units_below(), question.period, step)
    return {**question.head(), "step": step, "series": cast("list[Step]", to_json_rows(rows))}
