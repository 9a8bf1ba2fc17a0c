"""All units recounted from raw events over some days, by rules that share nothing with the SQL.

Slow on purpose: it reads whole events and folds each dossier and ticket in Python. Memory is bounded by slices of whole
dossiers and tickets; what is kept are counts by unit and period, and by unit and hour of the range.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.time import VIETNAM, midnight
from warehouse.read.periods import Period, bounds, parts_of_year, year_before
from warehouse.sql import statement
from warehouse.verify.dossiers import Rules, count_standing, count_steps, count_work, fold
from warehouse.verify.events import (
    Event,
    Hours,
    Tally,
    count_event,
    count_ticket,
    replaced_ratings,
    retracted_sources,
    without_retracted,
)
from warehouse.verify.parts import last_year_denominators
from warehouse.verify.petitions import Petition, count_petition, misconduct
from warehouse.verify.petitions import fold as fold_petition
from warehouse.verify.points import points
from warehouse.verify.procedures import (
    attributes_given,
    count_offered,
    in_force,
    newest_versions,
    publications,
    terms_of,
)
from warehouse.verify.units import results_held, staff_years
from warehouse.verify.working_time import calendars_of_units

SLICE_EVENTS = 200_000


class Recount:
    """Counts of each unit alone, by hour of the days from ``first`` to ``last`` (of Vietnam) and by period.

    ``dossier_events`` and ``ticket_events`` are about how many events there are to fold.
    """

    def __init__(self, client: Client, first: date, last: date, dossier_events: int, ticket_events: int) -> None:
        self.range = Period(midnight(first), midnight(last + timedelta(days=1)))
        self.periods = periods(first, last)
        self.hours = Hours(Tally)
        self._client = client
        self._retracted = retracted_sources(
            json.loads(body) for (body,) in client.query(statement("verify", "retractions")).result_rows
        )
        self._days = [period for name, period in self.periods.items() if len(name) == len("2026-01-01")]
        with_fallback = [period for period in self.periods.values() if parts_of_year(period)]
        self._years_before = {_name_of_year_before(period): year_before(period) for period in with_fallback}
        self._slices = {"dossiers": _slices(dossier_events), "tickets": _slices(ticket_events)}
        self._standings: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
        # Attributes of the dossiers that a unit received in a period, by their procedure.
        self._used: defaultdict[tuple[str, str], defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._in_force: dict[str, list[Event]] = {}
        self.steps = len(self._days) + sum(self._slices.values())

    @property
    def units(self) -> set[str]:
        """All units with a count."""
        return {unit for unit, _ in (*self.hours, *self._standings)}

    def run(self, reference: Sequence[Event]) -> Iterator[None]:
        """Recounts in ``steps``: ``reference`` are the events of reference data, all others are read."""
        reference = list(without_retracted(reference, self._retracted))
        rules = rules_of(reference)
        petitions = [petition for petition in self._petitions(rules) if petition]
        self._recount_others(reference, rules, petitions)
        rules = replace(rules, misconduct=misconduct(petitions))
        changed = replaced_ratings(self._events("replacements", {"units": [], **bounds(self.range)}))
        for day in self._days:
            for event in self._events("events", bounds(day)):
                count_event(self.hours, event, changed)
            yield
        for n in range(self._slices["tickets"]):
            for events in self._subjects("tickets", n):
                count_ticket(self.hours, events)
            yield
        for n in range(self._slices["dossiers"]):
            for events in self._subjects("dossiers", n):
                dossier = fold(events, rules)
                count_steps(self.hours, dossier)
                for name, period in (self.periods | self._years_before).items():
                    standings = self._standings[dossier.unit, name]
                    count_standing(standings.counts, dossier, *period)
                    count_work(standings, dossier, *period)
                    if dossier.received_at and period.start <= dossier.received_at < period.end:
                        self._used[dossier.unit, name][dossier.procedure] |= dossier.attributes
            yield
        for place in [place for place in self.hours if not self.range.start <= place[1] < self.range.end]:
            del self.hours[place]

    def measures(self, name: str, scopes: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
        """The counts of a period for the units of each scope together, last year's averages included."""
        alone = self._tallies(name)
        by_scope = {}
        for scope, within in scopes.items():
            together = Tally()
            used: defaultdict[str, set[str]] = defaultdict(set)
            for unit in within:
                if unit in alone:
                    together.add(alone[unit])
                for procedure, attributes in self._used.get((unit, name), {}).items():
                    used[procedure] |= attributes
            count_offered(together.counts, self._in_force[name], set(within), used)
            by_scope[scope] = together.measures() | self._last_year_denominators(self.periods[name], within)
        return by_scope

    def _recount_others(self, reference: Sequence[Event], rules: Rules, petitions: Sequence[Petition]) -> None:
        """Recounts procedures, reception points, staff and petitions."""
        shifts = list(self._events("shifts", {}))
        for name, period in self.periods.items():
            self._in_force[name] = in_force(reference, period.end)
            for cohorts_by_unit in (points(reference, period.end), publications(reference, *period, rules.calendars)):
                for unit, cohorts in cohorts_by_unit.items():
                    self._standings[unit, name].counts.update(cohorts)
            for tallies in (staff_years(shifts, *period, rules.calendars), results_held(reference, period.end)):
                for unit, tally in tallies.items():
                    self._standings[unit, name].add(tally)
            for petition in petitions:
                count_petition(self._standings[petition.unit, name].counts, petition, *period)

    def _subjects(self, kind: str, n: int) -> Iterator[list[Event]]:
        return self._together(kind, {"slices": self._slices[kind], "slice": n, **bounds(self.range)})

    def _petitions(self, rules: Rules) -> Iterator[Petition | None]:
        return (fold_petition(events, rules.calendars) for events in self._together("petitions", {}))

    def _events(self, name: str, parameters: Mapping[str, Any]) -> Iterator[Event]:
        rows = self._client.query(statement("verify", name), parameters=dict(parameters)).result_rows
        return without_retracted((json.loads(body) for (body,) in rows), self._retracted)

    def _together(self, name: str, parameters: Mapping[str, Any]) -> Iterator[list[Event]]:
        """The events of each subject that has any."""
        rows = self._client.query(statement("verify", name), parameters=dict(parameters)).result_rows
        for _, of_one in groupby(rows, itemgetter(0)):
            if events := list(without_retracted((json.loads(body) for _, body in of_one), self._retracted)):
                yield events

    def _last_year_denominators(self, period: Period, within: Sequence[str]) -> dict[str, float]:
        """Last year's average denominators of units together (read/last_year_fallback.py)."""
        parts = parts_of_year(period)
        if parts is None:
            return {}
        together = Tally()
        for unit in within:
            together.add(self._standings[unit, _name_of_year_before(period)])
        return last_year_denominators(catalogue().indicators.values(), together.measures(), parts)

    def _tallies(self, name: str) -> dict[str, Tally]:
        """The counts of each unit alone in a period."""
        period = self.periods[name]
        by_unit: defaultdict[str, Tally] = defaultdict(Tally)
        for (unit, hour), tally in self.hours.items():
            if period.start <= hour < period.end:
                by_unit[unit].add(tally)
        for (unit, of_period), standings in self._standings.items():
            if of_period == name:
                by_unit[unit].add(standings)
        return by_unit


def periods(first: date, last: date) -> dict[str, Period]:
    """Each day from ``first`` to ``last``, by its date, and each month or part of one between, by its name."""
    by_name = {}
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        by_name[day.isoformat()] = Period(midnight(day), midnight(day + timedelta(days=1)))
        month = f"{day:%Y-%m}"
        by_name[month] = Period(
            by_name[month].start if month in by_name else midnight(day), by_name[day.isoformat()].end
        )
    return by_name


def _name_of_year_before(period: Period) -> str:
    """The name for the year before a period among those that dossiers are counted for."""
    return f"{year_before(period).start.astimezone(VIETNAM).year}"


def rules_of(reference: Sequence[Event]) -> Rules:
    """The terms and calendars that reference events set; of two on one procedure the later holds."""
    terms, given = {}, {}
    for event in newest_versions(reference):
        if event["type"] != "procedure.abolished":
            terms[event["subject"]] = terms_of(event["data"])
            given[event["subject"]] = set(attributes_given(event["data"]))
    return Rules(terms, offered=given, calendars=calendars_of_units(reference))


def _slices(events: int) -> int:
    return -(-events // SLICE_EVENTS)
