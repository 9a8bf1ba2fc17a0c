"""The parts of a figure, as served and as recounted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contract.indicators.indicator import Factor, Indicator, evaluate, fallback_key
from contract.indicators.measures import Counts, value_of


def served_parts(indicator: Indicator, served: Counts) -> dict[str, float | None]:
    """Numerator, denominator, number of cases and value as they are served, however few the cases are."""
    figure = evaluate(indicator.model_copy(update={"min_n": 0}), served)
    return {
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "value": figure.value,
    }


def parts_of(indicator: Indicator, measures: Mapping[str, Any]) -> dict[str, float | None]:
    """Numerator, denominator, number of cases and value of an indicator, from recounted measures."""
    recounted = {measure: measures.get(measure, 0) for measure in indicator.measures()}
    cases = value_of(indicator.denominator, recounted) or measures.get(fallback_key(indicator.id), 0)
    numerator: float | None = None
    if indicator.kind == "quantile":
        each = sorted(Counter(measures.get(indicator.numerator, {})).elements())
        numerator = each[math.ceil((indicator.quantile or 0) * len(each)) - 1] if each else None
    else:
        numerator = value_of(indicator.numerator, recounted)
    if not cases and any(value_of(each.cases, recounted) > 0 for each in indicator.unjudged):
        return {"numerator": None, "denominator": cases, "n": cases, "value": None}
    if indicator.kind == "count":
        return {"numerator": numerator, "denominator": cases, "n": cases, "value": numerator}
    share = _share(indicator.factor, recounted)
    if not cases or numerator is None or share is None:
        return {"numerator": None, "denominator": cases, "n": cases, "value": None}
    value = numerator if indicator.kind == "quantile" else numerator / cases
    factor = {"percent": 100, "minutes": 1 / 60, "hours": 1 / 3600}.get(indicator.unit, 1)
    return {"numerator": numerator, "denominator": cases, "n": math.ceil(cases), "value": value * share * factor}


def last_year_denominators(indicators: Iterable[Indicator], year: Mapping[str, Any], parts: int) -> dict[str, float]:
    """The average denominators of a year's parts (Decision 766, 1.4), by the names that counts hold them under."""
    return {
        fallback_key(indicator.id): (parts_of(indicator, year)["denominator"] or 0) / parts
        for indicator in indicators
        if indicator.lent_by
    }


def _share(factor: Factor | None, recounted: Counts) -> float | None:
    if factor is None:
        return 1.0
    cases = value_of(factor.denominator, recounted)
    return value_of(factor.numerator, recounted) / cases if cases else None
