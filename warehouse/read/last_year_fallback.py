"""Counts of indicators, with what the year before lends to those whose denominator is zero (Decision 766, 1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clickhouse_connect.driver.client import Client

from contract.indicators.indicator import Indicator, lent
from contract.indicators.measures import Counts, terms, value_of
from warehouse.read.counts import counts, counts_with_past
from warehouse.read.periods import Period, parts_of_year, year_before


def counts_of(
    client: Client, target_of: Mapping[str, str], period: Period, indicators: Iterable[Indicator]
) -> dict[str, Counts]:
    """All that these indicators are made of, for each target unit.

    Only a whole month, quarter or year is lent anything: of other periods nobody says what part of a year they are.
    """
    asked = list(indicators)
    wanted = {measure for indicator in asked for measure in indicator.measures()}
    found, with_past = counts_with_past(client, target_of, period, wanted)
    lending = [indicator for indicator in asked if indicator.lent_by]
    # Who never had a dossier is lent nothing, and most units have none of their own.
    poor = {unit for unit in with_past if any(value_of(each.denominator, found[unit]) == 0 for each in lending)}
    parts = parts_of_year(period)
    if not poor or parts is None:
        return found
    measures = {term.measure for indicator in lending for term in terms(indicator.denominator)}
    of_poor = {unit: target for unit, target in target_of.items() if target in poor}
    before = counts(client, of_poor, year_before(period), measures)
    for unit in poor:
        loans = {lent(each.id): value_of(each.denominator, before[unit]) / parts for each in lending}
        found[unit] = {**found[unit], **loans}
    return found
