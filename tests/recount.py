"""Counts of whole periods over all units by the second route (``warehouse.verify``), for events as they were sent.

Appointments are those given, and those that told terms and calendars give; late is after the due day in Vietnam unless
``instant`` is set.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import value_of
from warehouse.verify.all_units import rules_of
from warehouse.verify.dossiers import COMPLAINTS, count_standing, count_steps, count_work, fold
from warehouse.verify.events import (
    Event,
    Hours,
    Tally,
    at,
    count_event,
    count_ticket,
    replaced_ratings,
    retracted_sources,
    without_retracted,
)
from warehouse.verify.petitions import count_petition, misconduct
from warehouse.verify.petitions import fold as fold_petition
from warehouse.verify.points import points
from warehouse.verify.units import results_held
from warehouse.verify.working_time import Terms

__all__ = ["assert_served", "at", "recount", "recount_steps"]

STEPS = ("answered", "satisfied", "tickets_issued", "tickets_called", "tickets_served")
STEPS_OF_DOSSIERS = ("dossiers_received", "dossiers_completed", "dossiers_late")


def recount(events: Iterable[Event], start: datetime, end: datetime, *, instant: bool = False) -> dict[str, Any]:
    """Counts of a period of whole hours by measure (contract/indicators/measures.py), without those about recording."""
    hours, total, standings = _counted(events, start, end, instant)
    for tally in _within(hours, start, end).values():
        total.add(tally)
    measures = {name: count for name, count in total.measures().items() if not name.startswith("dossiers_")}
    return {"waits": 0, "waited_s": 0, "waits_s": {}, "return_lags_s": {}, **measures, **standings}


def assert_served(served: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Any]) -> None:
    """Numerator and denominator of every figure as recounted; of too few cases the numerator is not told."""
    for entry in catalogue().indicators.values():
        if entry.kind == "quantile":
            continue
        recounted = {measure: expected.get(measure, 0) for measure in entry.measures()}
        cases = value_of(entry.denominator, recounted)
        hidden = entry.kind != "count" and (cases <= 0 or cases < entry.min_n)
        numerator = None if hidden else value_of(entry.numerator, recounted)
        figure = served[entry.id]
        assert (entry.id, figure["numerator"], figure["denominator"]) == (entry.id, numerator, cases)


def recount_steps(events: Iterable[Event], start: datetime, end: datetime) -> dict[datetime, dict[str, Any]]:
    """What a chart shows of each hour of the period: ratings, tickets and steps of dossiers, as known by now."""
    hours, _, _ = _counted(events, start, end, instant=False)
    return {
        hour: {name: tally.counts[name] for name in STEPS + STEPS_OF_DOSSIERS} | {"waits_s": dict(tally.waits_s)}
        for hour, tally in _within(hours, start, end).items()
    }


def _within(hours: Hours, start: datetime, end: datetime) -> dict[datetime, Tally]:
    """The hours of the period, over all units."""
    by_hour: defaultdict[datetime, Tally] = defaultdict(Tally)
    for (_, hour), tally in hours.items():
        if start <= hour < end:
            by_hour[hour].add(tally)
    return by_hour


def _counted(
    events: Iterable[Event], start: datetime, end: datetime, instant: bool
) -> tuple[Hours, Tally, Counter[str]]:
    """What happened in each hour, and what stands in the period."""
    hours = Hours(Tally)
    subjects: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    every = {event["id"]: event for event in events}.values()
    distinct = list(without_retracted(every, retracted_sources(every)))
    changed = replaced_ratings(distinct)
    for event in distinct:
        family = event["type"].split(".")[0].replace("payment", "dossier").replace("component", "dossier")
        count_event(hours, event, changed)
        subjects[family, event["subject"]].append(event)
        if event["type"] in COMPLAINTS and "dossier" in event["data"]:
            subjects["dossier", event["data"]["dossier"]].append(event)
    standings: Counter[str] = Counter()
    total = Tally()
    for of_a_point in points(distinct, end).values():
        standings.update(of_a_point)
    for of_a_unit in results_held(distinct, end).values():
        total.add(of_a_unit)
    folded = [fold_petition(steps, {}) for (family, _), steps in subjects.items() if family == "petition"]
    petitions = [petition for petition in folded if petition]
    terms = Terms(deadline_rule="instant" if instant else "day")
    rules = replace(rules_of(distinct), other_terms=terms, misconduct=misconduct(petitions))
    for petition in petitions:
        count_petition(standings, petition, start, end)
    for (family, _), steps in subjects.items():
        if family == "queue":
            count_ticket(hours, steps)
        elif family == "dossier":
            dossier = fold(steps, rules)
            count_steps(hours, dossier)
            count_standing(standings, dossier, start, end)
            count_work(total, dossier, start, end)
    return hours, total, standings
