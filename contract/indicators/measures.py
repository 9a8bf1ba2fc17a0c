"""The counts that indicators are made of, and formulas of them. Pure.

A measure is one of the closed list below, or a cohort (contract/indicators/cohorts.py). A formula is a sum of
measures: ``2 * settled[early] + settled[not early]``, ``answered - satisfied``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from contract.indicators.cohorts import STEPS, cohort

MEASURES: dict[str, str] = {
    # by the unit-hour in which the rating was given
    "answered": "ratings given",
    "satisfied": "ratings at or above the scale's satisfied level",
    "very_answered": "ratings on a scale that has a top level",
    "very_satisfied": "ratings at that top level",
    "explained": "ratings that are satisfied, or tell a reason why not",
    "blamed_access": "ratings with a reason that belongs to access to the service (SIPAS), and so on",
    "blamed_procedure": "to the procedure",
    "blamed_staff": "to the staff",
    "blamed_result": "to the result",
    "blamed_feedback": "to how feedback is taken",
    "offices_answers": "answers to item 4 of Decree 61's form: how many offices had to be turned to",
    "offices_points": "points of those answers, 0 to 2 each",
    # by the unit-hour of the ticket's step
    "tickets_issued": "queue tickets issued",
    "tickets_called": "queue tickets called to a counter",
    "tickets_called_in_time": "of those, called within 15 minutes of being issued",
    "tickets_served": "queue tickets served",
    "tickets_abandoned": "queue tickets given up",
    "waits": "served tickets whose wait is known",
    "waited_s": "seconds those waited in all",
    "waits_s": "how many of those waited how many seconds (a distribution)",
    "handlings": "served tickets whose time at the counter is known",
    "handled_s": "seconds those took in all, from being called to being served",
    # as things stood at the end of the period
    "settled_or_open": "dossiers with an appointment that ended in the period after acceptance, or are open at its end",
    "on_time_or_running": "of those, all that are not late (contract/indicators/lateness.py)",
    "due_or_settled": "dossiers whose appointment passed in the period, or that have one and ended in it, or are open"
    " and late at its end because papers were asked for twice, their appointment still to come",
    "overdue": "of those, late (contract/indicators/lateness.py)",
    "open": "dossiers accepted and not ended at the end of the period",
    "open_appointed": "of those, with an appointment",
    "unappointed": "dossiers that ended in the period after acceptance, or are open at its end, without an appointment",
    "due_soon": "open dossiers with an appointment in the next 24 hours",
    # of dossiers that ended in the period with a result or its return
    "nets": "those whose working time is known",
    "net_s": "working seconds those took in all, from acceptance to the end, without the time their clock stood",
    "steps_due": "steps of theirs that had a time set",
    "steps_early": "of those, done before the day that was set",
    "steps_in_time": "of those, done on that day and not after the time set",
    # of dossiers given back in the period
    "return_lags_s": "how many of those lay ready how many seconds (a distribution)",
    # of units in the period
    "staff_years": "time for which staff was on duty, in working years of the unit's calendar",
    "stock_results": "results in force that units say they hold, at the end of the period",
    "stock_digitised": "of those, digitised",
    # by the unit-hour in which the event happened
    "events": "events stored",
    "delays_s": "how many of those were recorded how many seconds late (a distribution)",
}
"""What is counted besides cohorts; the warehouse has one expression for each (a test compares the two lists)."""

STANDING = frozenset(
    {
        *("settled_or_open", "on_time_or_running", "due_or_settled", "overdue"),
        *("open", "open_appointed", "unappointed", "due_soon"),
    }
)
"""Measures of how dossiers stood at the end of the period."""

WORK = frozenset({"nets", "net_s", "steps_due", "steps_early", "steps_in_time", "return_lags_s"})
"""Measures of the work that dossiers took."""

OF_UNITS = frozenset({"staff_years", "stock_results", "stock_digitised"})
"""Measures of what units have."""

TO_THE_INSTANT = STANDING | WORK | OF_UNITS

DISTRIBUTIONS = frozenset({"waits_s", "delays_s", "return_lags_s"})
"""Measures that are not one number but how often each value occurs."""

Counts = Mapping[str, float | Mapping[int, int]]
"""Counts by the names of measures and cohorts."""

_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d+)\s*\*\s*)?(\w+(?:\[[^\[\]]+\])?)\s*")


class Term(NamedTuple):
    """A measure or cohort and how often it counts."""

    weight: int
    measure: str


def is_of_dossiers(measure: str) -> bool:
    """Whether it is counted case by case, to the instant; all others are kept by unit-hour. ValueError when unknown."""
    if measure in MEASURES:
        return measure in TO_THE_INSTANT
    return bool(cohort(measure))


def is_cohort(measure: str) -> bool:
    """Whether a known measure is a cohort."""
    return measure.partition("[")[0] in STEPS


@cache
def terms(formula: str) -> tuple[Term, ...]:
    """The terms of a formula; raises ValueError that names what is unknown."""
    found: list[Term] = []
    at = 0
    while at < len(formula) or not found:
        part = _TERM.match(formula, at)
        if part is None or bool(part[1]) != bool(found):
            raise ValueError(f"{formula!r} is no sum of measures")
        found.append(Term(int(part[2] or 1) * (-1 if part[1] == "-" else 1), part[3]))
        at = part.end()
    for _, measure in found:
        is_of_dossiers(measure)
    return tuple(found)


def value_of(formula: str, counts: Counts) -> float:
    """What a formula comes to; of a distribution its number of cases."""
    return sum(weight * _number(counts[measure]) for weight, measure in terms(formula))


def _number(found: float | Mapping[int, int]) -> float:
    return float(sum(found.values())) if isinstance(found, Mapping) else float(found)
