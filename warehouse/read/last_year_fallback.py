"""Counts for indicators. Where Decision 766, 1.4 applies, last year's average replaces a zero denominator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clickhouse_connect.driver.client import Client

from contract.indicators.indicator import Indicator, fallback_key
from contract.indicators.measures import Counts, terms, value_of
from warehouse.read.counts import counts, counts_with_past
from warehouse.read.periods import Period, parts_of_year, year_before


def counts_of(
    client: Client, target_of: Mapping[str, str], period: Period, indicators: Iterable[Indicator]
) -> dict[str, Counts]:
    """The measures and cohorts of these indicators for each target unit, last year's averages included.

    An average applies only to whole calendar months, quarters and years; the rule does not define other periods. A unit
    that never had a dossier gets none.
    """
    wanted = list(indicators)
    measures = {measure for indicator in wanted for measure in indicator.measures()}
    by_target, with_past = counts_with_past(client, target_of, period, measures)
    with_fallback = [indicator for indicator in wanted if indicator.lent_by]
    parts = parts_of_year(period)
    # Most units never had a dossier of their own, so that the year before is read of few.
    without_cases = {
        target
        for target in with_past
        if any(value_of(indicator.denominator, by_target[target]) == 0 for indicator in with_fallback)
    }
    if not without_cases or parts is None:
        return by_target
    denominators = {term.measure for indicator in with_fallback for term in terms(indicator.denominator)}
    their_units = {unit: target for unit, target in target_of.items() if target in without_cases}
    last_year = counts(client, their_units, year_before(period), denominators)
    for target in without_cases:
        averages = {
            fallback_key(indicator.id): value_of(indicator.denominator, last_year[target]) / parts
            for indicator in with_fallback
        }
        by_target[target] = {**by_target[target], **averages}
    return by_target
