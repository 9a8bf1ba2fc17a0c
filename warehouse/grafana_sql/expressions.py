"""Figures as SQL expressions: the arithmetic of contract/indicators/indicator.py over columns of added-up counts.

The columns are ``counts`` (by measure), ``cases`` (by a cohort's key) and each distribution under its own name. A test
holds every indicator's expression against the figure that the read API serves.
"""

from __future__ import annotations

from contract.indicators.cohorts import cohort
from contract.indicators.indicator import SECONDS_OF, Z95, Indicator
from contract.indicators.measures import DISTRIBUTIONS, is_cohort, terms

OF_WAITS = {
    "waits": "arraySum(mapValues(waits_s))",
    "waited_s": "arraySum(arrayMap((seconds, often) -> seconds * often, mapKeys(waits_s), mapValues(waits_s)))",
}
"""The measures that follow from the distribution of waits."""


def value(indicator: Indicator) -> str:
    """An indicator's value in its shown unit as SQL; NULL without cases or with too few."""
    cases, counted = formula(indicator.denominator), formula(indicator.numerator)
    if indicator.kind == "count":
        there = [f"{formula(each.cases)} <= 0" for each in indicator.unjudged]
        return f"if({cases} != 0 OR ({' AND '.join(there)}), {counted}, NULL)" if there else counted
    if indicator.kind == "quantile":
        counted, divided = nearest_rank(indicator.numerator, indicator.quantile or 0.5), "1"
    else:
        divided = cases
    factor = indicator.factor
    factor_cases = formula(factor.denominator) if factor else "1"
    times_factor = f" * {formula(factor.numerator)} / {factor_cases}" if factor else ""
    scale = f" / {SECONDS_OF[indicator.unit]}" if indicator.unit in SECONDS_OF else ""
    scale = " * 100" if indicator.kind == "ratio" else scale
    enough = f"{cases} >= {indicator.min_n}" if indicator.min_n else f"{cases} > 0"
    enough += f" AND {factor_cases} > 0" if factor else ""
    return f"if({enough}, {counted} / {divided}{times_factor}{scale}, NULL)"


def formula(text: str) -> str:
    """A formula of measures as SQL, over the columns in which ``figures`` adds up."""
    parts = [
        f"{'-' if weight < 0 else '+'} {f'{abs(weight)} * ' * (abs(weight) > 1)}{_count(name)}"
        for weight, name in terms(text)
    ]
    joined = " ".join(parts).removeprefix("+ ")
    return f"({joined})" if len(parts) > 1 else joined


def bound(indicator: Indicator) -> str:
    """The end of an indicator's interval that is nearest to good, in its shown unit; its value if it is no share. NULL
    without cases or with too few.
    """
    if indicator.kind != "ratio" or indicator.factor:
        return value(indicator)
    k, n = formula(indicator.numerator), formula(indicator.denominator)
    share, z2 = f"({k} / {n})", Z95 * Z95
    sign = "+" if indicator.direction == "up" else "-"
    half = f"{Z95} * sqrt(({share} * (1 - {share}) + {z2 / 4} / {n}) / {n})"
    wilson = f"({share} + {z2 / 2} / {n} {sign} {half}) / (1 + {z2} / {n})"
    return f"if({n} >= {max(indicator.min_n, 1)}, 100 * least(1, greatest(0, {wilson})), NULL)"


def nearest_rank(distribution: str, level: float) -> str:
    """The nearest rank of a distribution (an expression), as contract/indicators/indicator.py has it."""
    keys = f"arraySort(mapKeys({distribution}))"
    reached = f"arrayCumSum(arrayMap(seconds -> {distribution}[seconds], {keys}))"
    needed = f"ceil({level} * arraySum(mapValues({distribution})))"
    return f"arrayFirst((seconds, so_many) -> so_many >= {needed}, {keys}, {reached})"


def _count(measure: str) -> str:
    if measure in DISTRIBUTIONS:
        return f"arraySum(mapValues({measure}))"
    if measure in OF_WAITS:
        return OF_WAITS[measure]
    if not is_cohort(measure):
        return f"counts['{measure}']"
    mask, wanted = cohort(measure)
    return f"arraySum(mapValues(mapFilter((key, often) -> bitAnd(key, {mask}) = {wanted}, cases)))"
