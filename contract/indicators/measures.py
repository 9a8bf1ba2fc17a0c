"""Measures, the counts that indicators are computed from, and formulas of them. Pure.

A measure is one of the closed list below, or a cohort (contract/indicators/cohorts.py). A formula is a sum of
measures: ``2 * settled[early] + settled[not early]``, ``answered - satisfied``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from contract.indicators.cohorts import STEPS, cohort

HOURLY = ("rating_counts", "ticket_counts", "event_counts")
"""Queries of counts that are kept by unit-hour; all others count to the instant."""


class Measure(NamedTuple):
    """One count: the query of warehouse/read/sql that makes it, what it means, and whether it is a distribution.

    A distribution is not one number but how often each value occurs.
    """

    query: str
    meaning: str
    distribution: bool = False


MEASURES: dict[str, Measure] = {
    # by the unit-hour in which the rating was given
    "answered": Measure("rating_counts", "ratings given"),
    "satisfied": Measure("rating_counts", "ratings at or above the scale's satisfied level"),
    "very_answered": Measure("rating_counts", "ratings on a scale that has a top level"),
    "very_satisfied": Measure("rating_counts", "ratings at that top level"),
    "explained": Measure("rating_counts", "ratings that are satisfied, or tell a reason why not"),
    "blamed_access": Measure(
        "rating_counts",
        "ratings with a reason that belongs to access to the service (SIPAS), and so on",
    ),
    "blamed_procedure": Measure("rating_counts", "to the procedure"),
    "blamed_staff": Measure("rating_counts", "to the staff"),
    "blamed_result": Measure("rating_counts", "to the result"),
    "blamed_feedback": Measure("rating_counts", "to how feedback is taken"),
    "offices_answers": Measure(
        "rating_counts",
        "answers to item 4 of Decree 61's form: how many offices had to be turned to",
    ),
    "offices_points": Measure("rating_counts", "points of those answers, 0 to 2 each"),
    # by the unit-hour of the ticket's step
    "tickets_issued": Measure("ticket_counts", "queue tickets issued"),
    "tickets_called": Measure("ticket_counts", "queue tickets called to a counter"),
    "tickets_called_in_time": Measure("ticket_counts", "of those, called within 15 minutes of being issued"),
    "tickets_served": Measure("ticket_counts", "queue tickets served"),
    "tickets_abandoned": Measure("ticket_counts", "queue tickets given up"),
    "waits": Measure("ticket_counts", "served tickets whose wait is known"),
    "waited_s": Measure("ticket_counts", "seconds those waited in all"),
    "waits_s": Measure(
        "ticket_counts",
        "how many of those waited how many seconds (a distribution)",
        distribution=True,
    ),
    "handlings": Measure("ticket_counts", "served tickets whose time at the counter is known"),
    "handled_s": Measure("ticket_counts", "seconds those took in all, from being called to being served"),
    # as things stood at the end of the period
    "settled_or_open": Measure(
        "dossier_sums",
        "dossiers with an appointment that ended in the period after acceptance, or are open at its end",
    ),
    "on_time_or_running": Measure(
        "dossier_sums",
        "of those, all that are not late (contract/indicators/lateness.py)",
    ),
    "due_or_settled": Measure(
        "dossier_sums",
        "dossiers whose appointment passed in the period, or that have one and ended in it, or are open and"
        " late at its end because papers were asked for twice, their appointment still to come",
    ),
    "overdue": Measure("dossier_sums", "of those, late (contract/indicators/lateness.py)"),
    "open": Measure("dossier_sums", "dossiers accepted and not ended at the end of the period"),
    "open_appointed": Measure("dossier_sums", "of those, with an appointment"),
    "unappointed": Measure(
        "dossier_sums",
        "dossiers that ended in the period after acceptance, or are open at its end, without an appointment",
    ),
    "due_soon": Measure("dossiers_due", "open dossiers with an appointment in the next 24 hours"),
    # of dossiers that ended in the period with a result or its return
    "nets": Measure("dossier_sums", "those whose working time is known"),
    "net_s": Measure(
        "dossier_sums",
        "working seconds those took in all, from acceptance to the end, without the time their clock stood",
    ),
    "steps_due": Measure("dossier_sums", "steps of theirs that had a time set"),
    "steps_early": Measure("dossier_sums", "of those, done before the day that was set"),
    "steps_in_time": Measure("dossier_sums", "of those, done on that day and not after the time set"),
    # of dossiers given back in the period
    "return_lags_s": Measure(
        "dossier_sums",
        "how many of those lay ready how many seconds (a distribution)",
        distribution=True,
    ),
    # of units in the period
    "staff_years": Measure(
        "shift_counts",
        "time for which staff was on duty, in working years of the unit's calendar",
    ),
    "stock_results": Measure("stock_counts", "results in force that units say they hold, at the end of the period"),
    "stock_digitised": Measure("stock_counts", "of those, digitised"),
    # by the unit-hour in which the event happened
    "events": Measure("event_counts", "events stored"),
    "delays_s": Measure(
        "event_counts",
        "how many of those were recorded how many seconds late (a distribution)",
        distribution=True,
    ),
}
"""What is counted besides cohorts. A measure is declared here alone; every other list of measures follows from it."""


def measures_of(*queries: str) -> frozenset[str]:
    """The measures that these queries make."""
    return frozenset(name for name, measure in MEASURES.items() if measure.query in queries)


QUERIES = tuple(dict.fromkeys(measure.query for measure in MEASURES.values()))
"""Every query that makes a measure, in the order of the list."""

KEPT_BY_HOUR = measures_of(*HOURLY)
DISTRIBUTIONS = frozenset(name for name, measure in MEASURES.items() if measure.distribution)

Counts = Mapping[str, float | Mapping[int, int]]
"""Counts by the names of measures and cohorts."""

_TERM = re.compile(r"\s*([+-]?)\s*(?:(\d+)\s*\*\s*)?(\w+(?:\[[^\[\]]+\])?)\s*")


class Term(NamedTuple):
    """A measure or cohort with its weight in a formula."""

    weight: int
    measure: str


def is_of_dossiers(measure: str) -> bool:
    """Whether a measure is counted case by case, to the instant, not by unit-hour. ValueError when it is unknown."""
    if measure in MEASURES:
        return measure not in KEPT_BY_HOUR
    return bool(cohort(measure))


def is_cohort(measure: str) -> bool:
    """Whether a known measure is a cohort."""
    return measure.partition("[")[0] in STEPS


@cache
def terms(formula: str) -> tuple[Term, ...]:
    """The terms of a formula; ValueError names an unknown measure."""
    parsed: list[Term] = []
    at = 0
    while at < len(formula) or not parsed:
        part = _TERM.match(formula, at)
        if part is None or bool(part[1]) != bool(parsed):
            raise ValueError(f"{formula!r} is no sum of measures")
        parsed.append(Term(int(part[2] or 1) * (-1 if part[1] == "-" else 1), part[3]))
        at = part.end()
    for _, measure in parsed:
        is_of_dossiers(measure)
    return tuple(parsed)


def value_of(formula: str, counts: Counts) -> float:
    """The value of a formula; a distribution counts as its number of cases."""
    return sum(weight * _number(counts[measure]) for weight, measure in terms(formula))


def _number(count: float | Mapping[int, int]) -> float:
    return float(sum(count.values())) if isinstance(count, Mapping) else float(count)
