"""Every figure that is served held against a recount of raw events by rules that share nothing with the SQL.

Slow on purpose: it reads whole events and folds each dossier and ticket in Python. Memory is bounded by slices of whole
dossiers and tickets; what is kept are counts by unit and period, and by unit and hour of the range.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from contract.catalogue import catalogue
from contract.indicators import lent
from contract.measures import Counts
from warehouse.figures import by_hour
from warehouse.lending import counts_of
from warehouse.periods import Period, bounds, parts_of_year, year_before
from warehouse.recount import Event, Hours, Tally, count_event, count_ticket, replaced
from warehouse.recount_dossiers import Rules, count_standing, count_steps, count_work, fold
from warehouse.recount_parts import parts_of, served_parts
from warehouse.recount_petitions import Petition, count_petition, misconduct
from warehouse.recount_petitions import fold as fold_petition
from warehouse.recount_points import points
from warehouse.recount_procedures import count_offered, gives, in_force, publications, terms_of
from warehouse.recount_units import held, on_duty
from warehouse.working_time import VIETNAM, calendars_of_units, midnight, newest_units

SLICE_EVENTS = 200_000


class Difference(NamedTuple):
    """Something that is served otherwise than it was recounted."""

    unit: str
    period: str
    what: str
    served: str
    recounted: str


class Verification:
    """One comparison of all units over the days from ``first`` to ``last`` (of Vietnam, both included).

    Days left out are those of the first and the last event. Events that come meanwhile can show as differences.
    """

    def __init__(self, client: Client, first: date | None = None, last: date | None = None) -> None:
        self._client = client
        earliest, latest, dossier_events, ticket_events = client.query(statement("extent")).result_rows[0]
        self.differences: list[Difference] = []
        self.compared = 0
        self._periods: dict[str, Period] = {}
        if earliest is None:
            return
        first = first or earliest.replace(tzinfo=UTC).astimezone(VIETNAM).date()
        last = last or latest.replace(tzinfo=UTC).astimezone(VIETNAM).date()
        self._periods = periods(first, last)
        borrowing = [period for period in self._periods.values() if parts_of_year(period)]
        self._lending = {_lender(period): year_before(period) for period in borrowing}
        self._range = Period(midnight(first), midnight(last + timedelta(days=1)))
        self._slices = {"dossiers": _slices(dossier_events), "tickets": _slices(ticket_events)}
        self._hours = Hours(Tally)
        self._standings: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
        # What any dossier has that a unit received in a period, by its procedure.
        self._used: defaultdict[tuple[str, str], defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._in_force: dict[str, list[Event]] = {}

    def run(self) -> Iterator[tuple[int, int]]:
        """Does it, and tells how many steps of how many are done; then ``differences`` and ``compared`` stand."""
        if not self._periods:
            return
        days = [period for name, period in self._periods.items() if len(name) == len("2026-01-01")]
        total, done = len(days) + sum(self._slices.values()) + len(self._periods) + 1, 0
        reference = [json.loads(row[0]) for row in self._client.query(statement("reference")).result_rows]
        for step in (self._recount(days, reference), self._compare(newest_units(reference))):
            for _ in step:
                done += 1
                yield done, total

    def _recount(self, days: Sequence[Period], reference: Sequence[Event]) -> Iterator[None]:
        rules = rules_of(reference)
        petitions = [petition for petition in self._petitions(rules) if petition]
        self._recount_others(reference, rules, petitions)
        rules = replace(rules, misconduct=misconduct(petitions))
        rows = self._client.query(
            statement("replacements"), parameters={"units": [], **bounds(self._range)}
        ).result_rows
        changed = replaced(json.loads(body) for (body,) in rows)
        for day in days:
            for row in self._client.query(statement("events"), parameters=bounds(day)).result_rows:
                count_event(self._hours, json.loads(row[0]), changed)
            yield
        for n in range(self._slices["tickets"]):
            for events in self._subjects("tickets", n):
                count_ticket(self._hours, events)
            yield
        for n in range(self._slices["dossiers"]):
            for events in self._subjects("dossiers", n):
                dossier = fold(events, rules)
                count_steps(self._hours, dossier)
                for name, period in (self._periods | self._lending).items():
                    standings = self._standings[dossier.unit, name]
                    count_standing(standings.counts, dossier, *period)
                    count_work(standings, dossier, *period)
                    if dossier.received_at and period.start <= dossier.received_at < period.end:
                        self._used[dossier.unit, name][dossier.procedure] |= dossier.attributes
            yield
        for place in [place for place in self._hours if not self._range.start <= place[1] < self._range.end]:
            del self._hours[place]

    def _recount_others(self, reference: Sequence[Event], rules: Rules, petitions: Sequence[Petition]) -> None:
        """What is no dossier, ticket or rating: procedures, reception points, staff and petitions."""
        shifts = [json.loads(row[0]) for row in self._client.query(statement("shifts")).result_rows]
        for name, period in self._periods.items():
            self._in_force[name] = in_force(reference, period.end)
            for found in (points(reference, period.end), publications(reference, *period, rules.calendars)):
                for unit, cohorts in found.items():
                    self._standings[unit, name].counts.update(cohorts)
            for tallies in (on_duty(shifts, *period, rules.calendars), held(reference, period.end)):
                for unit, tally in tallies.items():
                    self._standings[unit, name].add(tally)
            for petition in petitions:
                count_petition(self._standings[petition.unit, name].counts, petition, *period)

    def _subjects(self, kind: str, n: int) -> Iterator[list[Event]]:
        parameters = {"slices": self._slices[kind], "slice": n, **bounds(self._range)}
        rows = self._client.query(statement(kind), parameters=parameters).result_rows
        for _, events in groupby(rows, itemgetter(0)):
            yield [json.loads(body) for _, body in events]

    def _petitions(self, rules: Rules) -> Iterator[Petition | None]:
        for _, events in groupby(self._client.query(statement("petitions")).result_rows, itemgetter(0)):
            yield fold_petition([json.loads(body) for _, body in events], rules.calendars)

    def _compare(self, units: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
        everywhere = sorted(units.keys() | {unit for unit, _ in (*self._hours, *self._standings)})
        self._compare_hours(everywhere)
        yield
        scopes = {unit: [unit] for unit in everywhere}
        for unit in units:
            for above in _above(unit, units):
                scopes[above].append(unit)
        # Units of one depth have nothing below in common, so that all of them are asked for at once.
        layers: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for unit, below in scopes.items():
            layers[len(_above(unit, units)) if unit in units else 0] |= dict.fromkeys(below, unit)
        for name, period in self._periods.items():
            served: dict[str, Counts] = {}
            for target_of in layers.values():
                served |= counts_of(self._client, target_of, period, catalogue().indicators.values())
            recounted = self._tallies(name, period)
            for unit, below in scopes.items():
                together = Tally()
                used: defaultdict[str, set[str]] = defaultdict(set)
                for one in below:
                    if one in recounted:
                        together.add(recounted[one])
                    for procedure, attributes in self._used.get((one, name), {}).items():
                        used[procedure] |= attributes
                count_offered(together.counts, self._in_force[name], set(below), used)
                measures = together.measures() | self._loans(period, below)
                self._compare_indicators(unit, name, served[unit], measures)
            yield

    def _loans(self, period: Period, below: Sequence[str]) -> dict[str, float]:
        """What the year before lends to units together, by the indicators' names for it (lending.py)."""
        parts = parts_of_year(period)
        if parts is None:
            return {}
        together = Tally()
        for unit in below:
            together.add(self._standings[unit, _lender(period)])
        measures = together.measures()
        return {
            lent(indicator.id): (parts_of(indicator, measures)["denominator"] or 0) / parts
            for indicator in catalogue().indicators.values()
            if indicator.lent_by
        }

    def _tallies(self, name: str, period: Period) -> dict[str, Tally]:
        """What was recounted of each unit alone in a period."""
        found: defaultdict[str, Tally] = defaultdict(Tally)
        for (unit, hour), tally in self._hours.items():
            if period.start <= hour < period.end:
                found[unit].add(tally)
        for (unit, of_period), standings in self._standings.items():
            if of_period == name:
                found[unit].add(standings)
        return found

    def _compare_hours(self, units: Sequence[str]) -> None:
        served = by_hour(self._client, units, self._range)
        for unit, hour in sorted(served.keys() | self._hours.keys()):
            recounted = self._hours[unit, hour].measures() if (unit, hour) in self._hours else {}
            stored = served.get((unit, hour), {})
            shown = f"{hour.astimezone(VIETNAM):%Y-%m-%d %H}h"
            for measure in sorted(stored.keys() | recounted.keys() & KEPT_BY_HOUR):
                self._note(unit, shown, measure, stored.get(measure) or 0, recounted.get(measure, 0))

    def _compare_indicators(self, unit: str, name: str, served: Counts, recounted: Mapping[str, Any]) -> None:
        for indicator in catalogue().indicators.values():
            parts = served_parts(indicator, served)
            for part, expected in parts_of(indicator, recounted).items():
                self._note(unit, name, f"{indicator.id} {part}", parts[part], expected)

    def _note(self, unit: str, period: str, what: str, served: Any, recounted: Any) -> None:
        self.compared += 1
        numbers = isinstance(served, int | float) and isinstance(recounted, int | float)
        if not (math.isclose(served, recounted, rel_tol=1e-9) if numbers else served == recounted):
            self.differences.append(Difference(unit, period, what, _shown(served), _shown(recounted)))


KEPT_BY_HOUR = {
    *("answered", "satisfied", "very_answered", "very_satisfied", "explained", "offices_answers", "offices_points"),
    *("blamed_access", "blamed_procedure", "blamed_staff", "blamed_result", "blamed_feedback"),
    *("tickets_issued", "tickets_called", "tickets_called_in_time", "tickets_served", "tickets_abandoned", "waits_s"),
    *("handlings", "handled_s"),
    *("dossiers_received", "dossiers_completed", "dossiers_late", "dossiers_returned", "events", "delays_s"),
}


def periods(first: date, last: date) -> dict[str, Period]:
    """Each day from ``first`` to ``last``, by its date, and each month or part of one between, by its name."""
    found = {}
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        found[day.isoformat()] = Period(midnight(day), midnight(day + timedelta(days=1)))
        month = f"{day:%Y-%m}"
        found[month] = Period(found[month].start if month in found else midnight(day), found[day.isoformat()].end)
    return found


def _lender(period: Period) -> str:
    """The name for the year before a period among those that dossiers are counted for."""
    return f"{year_before(period).start.astimezone(VIETNAM).year} lends"


def rules_of(reference: Sequence[Event]) -> Rules:
    """The terms and calendars that reference events set; of two on one thing the later holds."""
    terms, given = {}, {}
    for event in sorted(reference, key=lambda event: datetime.fromisoformat(event["time"])):
        if event["type"] in {"procedure.published", "procedure.updated"}:
            terms[event["subject"]] = terms_of(event["data"])
            given[event["subject"]] = set(gives(event["data"]))
    return Rules(terms, offered=given, calendars=calendars_of_units(reference))


def _above(unit: str, units: Mapping[str, Mapping[str, Any]]) -> list[str]:
    found: list[str] = []
    parent = str(units[unit].get("parent"))
    while parent in units and parent not in found:
        found.append(parent)
        parent = str(units[parent].get("parent"))
    return found


def _shown(found: Any) -> str:
    return f"{found:.8g}" if isinstance(found, float) else str(found)


def _slices(events: int) -> int:
    return -(-events // SLICE_EVENTS)


@cache
def statement(name: str) -> str:
    """The text of a statement of verifying/."""
    return files("warehouse").joinpath("verifying", f"{name}.sql").read_text()
