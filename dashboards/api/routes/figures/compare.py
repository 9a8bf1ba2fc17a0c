"""One indicator in a period and in the period before, and whether chance explains the difference."""

from __future__ import annotations

from typing import Literal

from contract.indicators.indicator import Indicator
from contract.indicators.shares import difference_of_shares
from dashboards.answers.figures import ComparedFigure, Comparison, Difference
from dashboards.api.context import QuestionDep
from dashboards.api.figure_json import describe_figure, with_those_for_points
from dashboards.api.file_formats import with_files
from dashboards.api.filters import IndicatorId, period_before
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period


@with_files("periods")
def get_compare(question: QuestionDep, indicator_id: IndicatorId) -> Comparison:
    """The figures of the period and of the one before it, and whether chance explains the difference.

    ``difference`` is the first less the second: ``value`` in the indicator's unit, of shares with its 95 %
    ``interval`` after Newcombe and whether it is ``beyond_chance`` (contract/indicators/shares.py). None
    where one of them has no figure.
    """
    unit, tree = question.unit, question.tree
    indicator = question.context.indicator(indicator_id)
    as_of = question.context.as_of()

    def figure_of(name: Literal["this", "before"], period: Period) -> ComparedFigure:
        counts = counts_of(question.client, question.whole_unit(), period, with_those_for_points([indicator]))
        return {"period": name, **describe_figure(indicator, unit, counts[unit], period, tree, as_of)}

    this, before = figure_of("this", question.period), figure_of("before", period_before(question.period))
    return {
        **question.head(),
        "id": indicator.id,
        "as_of": as_of,
        "difference": _difference(indicator, this, before),
        "periods": [this, before],
    }


def _difference(indicator: Indicator, this: ComparedFigure, before: ComparedFigure) -> Difference | None:
    if this["value"] is None or before["value"] is None:
        return None
    interval = beyond = None
    k, k_before = this["numerator"], before["numerator"]
    if indicator.is_share() and k is not None and k_before is not None:
        n, n_before = this["denominator"], before["denominator"]
        if 0 <= k <= n and 0 <= k_before <= n_before:
            difference = difference_of_shares(k, n, k_before, n_before)
            interval, beyond = (100 * difference.low, 100 * difference.high), difference.is_beyond_chance
    return {"value": this["value"] - before["value"], "interval": interval, "beyond_chance": beyond}
