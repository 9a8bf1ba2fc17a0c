"""One indicator of a period beside the period before it, and whether chance explains the difference."""

from __future__ import annotations

from typing import Literal

from contract.indicators.indicator import Indicator
from contract.indicators.shares import difference_of_shares
from dashboards.answers.figures import ComparedFigure, Comparison, Difference
from dashboards.api import figure_json as told
from dashboards.api.context import Store
from dashboards.api.file_formats import with_files
from dashboards.api.filters import From, IndicatorId, To, Unit, period_before
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period


@with_files("periods")
def get_compare(
    store: Store,
    unit: Unit,
    indicator: IndicatorId,
    start: From = None,
    to: To = None,
) -> Comparison:
    """The figures of the period and of the one before it, and whether chance explains the difference.

    ``difference`` is the first less the second: ``value`` in the indicator's unit, of shares with its 95 %
    ``interval`` after Newcombe and whether it is ``beyond_chance`` (contract/indicators/shares.py). None
    where one of them has no figure.
    """
    tree, period, chosen = store.scope_of_one(unit, start, to, indicator)
    as_of = store.as_of()

    def figure_of(name: Literal["this", "before"], span: Period) -> ComparedFigure:
        found = counts_of(store.client, dict.fromkeys(tree.below(unit), unit), span, told.needed([chosen]))
        return {"period": name, **told.figure(chosen, unit, found[unit], span, tree, as_of)}

    this, before = figure_of("this", period), figure_of("before", period_before(period))
    return {
        "unit": unit,
        **store.told(period),
        "id": chosen.id,
        "as_of": as_of,
        "difference": _difference(chosen, this, before),
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
            found = difference_of_shares(k, n, k_before, n_before)
            interval, beyond = (100 * found.low, 100 * found.high), found.is_beyond_chance
    return {"value": this["value"] - before["value"], "interval": interval, "beyond_chance": beyond}
