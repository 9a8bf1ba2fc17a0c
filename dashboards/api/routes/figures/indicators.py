"""Figures of one unit."""

from __future__ import annotations

from dashboards.answers.figures import Indicators
from dashboards.api.context import QuestionDep
from dashboards.api.figure_json import describe_figure, with_those_for_points
from dashboards.api.file_formats import with_files
from dashboards.api.filters import Ids
from warehouse.read.last_year_fallback import counts_of


@with_files("indicators")
def get_indicators(question: QuestionDep, ids: Ids = None) -> Indicators:
    """Figures of one unit with everything below it."""
    unit, tree, period = question.unit, question.tree, question.period
    indicators = question.context.indicators(ids)
    as_of = question.context.as_of()
    counts = counts_of(question.client, question.whole_unit(), period, with_those_for_points(indicators))[unit]
    figures = [describe_figure(indicator, unit, counts, period, tree, as_of) for indicator in indicators]
    return {**question.head(), "as_of": as_of, "indicators": figures}
