"""One indicator of a period beside the period before it, and whether chance explains the difference."""

from __future__ import annotations

from typing import Any

from contract.indicators.indicator import Indicator
from contract.indicators.shares import difference_of_shares
from dashboards.api import figure_json as told
from dashboards.api.context import Store
from dashboards.api.filters import From, IndicatorId, To, Unit, period_before
from warehouse.read.last_year_fallback import counts_of


def get_compare(
    store: Store,
    unit: Unit,
    indicator: IndicatorId,
    start: From = None,
    to: To = None,
) -> dict[str, Any]:
    """The figures of the period and of the one before it, and whether chance explains the difference.

    ``difference`` is the first less the second: ``value`` in the indicator's unit, of shares with its 95 %
    ``interval`` after Newcombe and whether it is ``beyond_chance`` (contract/indicators/shares.py). None
    where one of them has no figure.
    """
    tree, period, chosen = store.scope_of_one(unit, start, to, indicator)
    as_of = store.as_of()
    both = []
    for name, one in (("this", period), ("before", period_before(period))):
        found = counts_of(store.client, dict.fromkeys(tree.below(unit), unit), one, told.needed([chosen]))
        both.append({"period": name, **told.figure(chosen, unit, found[unit], one, tree, as_of)})
    return {
        "unit": unit,
        **store.told(period),
        "id": chosen.id,
        "as_of": as_of,
        "difference": _difference(chosen, *both),
        "periods": both,
    }


def _difference(indicator: Indicator, this: dict[str, Any], before: dict[str, Any]) -> dict[str, Any] | None:
    if this["value"] is None or before["value"] is None:
        return None
    interval = beyond = None
    if indicator.is_share() and this["interval"] and before["interval"]:
        cases = (this["numerator"], this["denominator"], before["numerator"], before["denominator"])
        if all(0 <= k <= n for k, n in (cases[:2], cases[2:])):
            found = difference_of_shares(*cases)
            interval, beyond = (100 * found.low, 100 * found.high), found.is_beyond_chance
    return {"value": this["value"] - before["value"], "interval": interval, "beyond_chance": beyond}
