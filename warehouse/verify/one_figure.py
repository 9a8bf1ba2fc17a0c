"""One figure of one unit recounted from raw events by the second route, on request.

The rules are those of verify.py and share nothing with the SQL behind the figure; only the events that the figure needs
are read, and only those of the unit with all below it. The served figure is read before and after: figures of a period
that is not over move while they are recounted.
"""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from clickhouse_connect.driver.client import Client

from contract.indicators.cohorts import OF_PETITIONS, OF_POINTS, OF_PROCEDURES, OF_PUBLICATIONS
from contract.indicators.indicator import Indicator
from contract.indicators.measures import is_cohort, measures_of, value_of
from contract.time import VIETNAM
from warehouse.read.counts import counts
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period, bounds, parts_of_year, year_before
from warehouse.sql import statement
from warehouse.verify.all_units import rules_of
from warehouse.verify.dossiers import count_standing, count_work, fold
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
from warehouse.verify.parts import last_year_denominators, parts_of, served_parts
from warehouse.verify.petitions import count_petition, misconduct
from warehouse.verify.petitions import fold as fold_petition
from warehouse.verify.points import points
from warehouse.verify.procedures import count_offered, in_force, publications
from warehouse.verify.units import results_held, staff_years

OTHERS = OF_PROCEDURES | OF_PUBLICATIONS | OF_PETITIONS | OF_POINTS
"""The steps that are not taken by dossiers."""

Parts = dict[str, float | None]

OF_DOSSIERS = measures_of("dossier_sums", "dossiers_due")
OF_UNITS = measures_of("shift_counts", "stock_counts")


class Recounted(NamedTuple):
    """A figure by both routes; ``moved`` when it was another before the recount than after it.

    ``lent_by``: the year whose average denominator replaces that of a period without cases.
    """

    agreement: Literal["equal", "moved", "different"]
    served: Parts
    recounted: Parts
    lent_by: int | None
    events_read: int
    took_s: float


@dataclass(frozen=True)
class Needs:
    """The kinds of events that must be read for an indicator."""

    indicator: Indicator

    @cached_property
    def measures(self) -> frozenset[str]:
        """Its measures and cohorts."""
        return self.indicator.measures()

    @cached_property
    def steps(self) -> set[str]:
        """The steps of its cohorts."""
        return {name.partition("[")[0] for name in self.measures if is_cohort(name)}

    @property
    def every_event(self) -> bool:
        """Whether events of any type count."""
        return bool(self.measures & measures_of("event_counts"))

    @property
    def events(self) -> bool:
        """Whether events count one by one."""
        return self.every_event or bool(self.measures & measures_of("rating_counts"))

    @property
    def tickets(self) -> bool:
        """Whether tickets count."""
        return bool(self.measures & measures_of("ticket_counts"))

    @property
    def dossiers(self) -> bool:
        """Whether dossiers count; for procedures, the attributes of their dossiers do."""
        return bool(self.measures & OF_DOSSIERS or self.steps - OTHERS | self.steps & OF_PROCEDURES)

    @property
    def complaints(self) -> bool:
        """Whether ratings and petitions about dossiers count."""
        return any(attribute in name for name in self.measures for attribute in ("complained", "misconduct"))

    @property
    def petitions(self) -> bool:
        """Whether petitions count."""
        return self.complaints or bool(self.steps & OF_PETITIONS)

    @property
    def reference(self) -> bool:
        """Whether calendars, procedures and points are needed."""
        return self.dossiers or self.petitions or bool(self.steps or self.measures & OF_UNITS)

    def parameters(self, within: Sequence[str], period: Period) -> dict[str, Any]:
        """The parameters of the statements verify/sql/unit_*.sql."""
        kinds = {name: getattr(self, name) for name in ("events", "every_event", "tickets", "dossiers", "complaints")}
        return {"units": list(within), **kinds, **bounds(period.whole_hours())}


def events_to_read(client: Client, indicator: Indicator, within: Sequence[str], period: Period) -> int:
    """About how many events of the units a recount would read; counted by their keys."""
    read = [period]
    if _may_fall_back(indicator, period) and not _cases(client, indicator, within, period):
        read.append(year_before(period))
    parameters = (Needs(indicator).parameters(within, each) for each in read)
    return sum(
        int(client.query(statement("verify", "unit_extent"), parameters=each).result_rows[0][0]) for each in parameters
    )


def recount(client: Client, indicator: Indicator, within: Sequence[str], period: Period) -> Recounted:
    """The figure of the units ``within`` together by both routes."""
    started = time.monotonic()
    before = _served(client, indicator, within, period)
    reading = _Reading(client, Needs(indicator), within, period)
    measures = reading.tally().measures()
    events_read, lent_by = reading.events_read, None
    if _may_fall_back(indicator, period) and not parts_of(indicator, measures)["denominator"]:
        year = year_before(period)
        reading = _Reading(client, Needs(indicator), within, year)
        fallback = last_year_denominators([indicator], reading.tally().measures(), parts_of_year(period) or 1)
        measures |= fallback
        events_read += reading.events_read
        lent_by = year.start.astimezone(VIETNAM).year if any(fallback.values()) else None
    recounted = parts_of(indicator, measures)
    after = _served(client, indicator, within, period)
    agreement: Literal["equal", "moved", "different"] = "different"
    if _same(recounted, before) or _same(recounted, after):
        agreement = "equal"
    elif not _same(before, after):
        agreement = "moved"
    served = before if _same(recounted, before) else after
    return Recounted(agreement, served, recounted, lent_by, events_read, time.monotonic() - started)


def _may_fall_back(indicator: Indicator, period: Period) -> bool:
    return bool(indicator.lent_by and parts_of_year(period))


class _Reading:
    """Raw events of some units, counted as they are read."""

    def __init__(self, client: Client, needs: Needs, within: Sequence[str], period: Period) -> None:
        self.events_read = 0
        self._client = client
        self._needs = needs
        self._within = set(within)
        self._period = period
        self._parameters = needs.parameters(within, period)
        self._retracted = retracted_sources(
            json.loads(body) for (body,) in client.query(statement("verify", "retractions")).result_rows
        )

    def tally(self) -> Tally:
        """The counts of all measures of the indicator."""
        together = Tally()
        hours = Hours(Tally)
        if self._needs.events:
            changed = replaced_ratings(self._events("replacements"))
            for event in self._events("unit_events"):
                count_event(hours, event, changed)
        if self._needs.tickets:
            for events in self._subjects("unit_tickets"):
                count_ticket(hours, events)
        whole = self._period.whole_hours()
        for (unit, hour), tally in hours.items():
            if unit in self._within and whole.start <= hour < whole.end:
                together.add(tally)
        if self._needs.reference:
            self._count_cases(together, list(self._events("reference")))
        return together

    def _count_cases(self, together: Tally, reference: Sequence[Event]) -> None:
        rules = rules_of(reference)
        if self._needs.petitions:
            folded = (fold_petition(events, rules.calendars) for events in self._subjects("petitions"))
            petitions = [petition for petition in folded if petition]
            rules = replace(rules, misconduct=misconduct(petitions))
            for petition in petitions:
                if petition.unit in self._within:
                    count_petition(together.counts, petition, *self._period)
        used: defaultdict[str, set[str]] = defaultdict(set)
        if self._needs.dossiers:
            for events in self._subjects("unit_dossiers"):
                dossier = fold(events, rules)
                if dossier.unit in self._within:
                    count_standing(together.counts, dossier, *self._period)
                    count_work(together, dossier, *self._period)
                    if dossier.received_at and self._period.start <= dossier.received_at < self._period.end:
                        used[dossier.procedure] |= dossier.attributes
        self._count_others(together, reference, rules.calendars)
        count_offered(together.counts, in_force(reference, self._period.end), self._within, used)

    def _count_others(self, together: Tally, reference: Sequence[Event], calendars: Any) -> None:
        for cohorts_by_unit in (points(reference, self._period.end), publications(reference, *self._period, calendars)):
            for unit in cohorts_by_unit.keys() & self._within:
                together.counts.update(cohorts_by_unit[unit])
        shifts = []
        if self._needs.measures & OF_UNITS:
            shifts = list(self._events("shifts"))
        for tallies in (staff_years(shifts, *self._period, calendars), results_held(reference, self._period.end)):
            for unit in tallies.keys() & self._within:
                together.add(tallies[unit])

    def _subjects(self, name: str) -> Iterator[list[Event]]:
        for _, rows in groupby(self._rows(name), itemgetter(0)):
            if events := list(without_retracted((json.loads(body) for _, body in rows), self._retracted)):
                yield events

    def _events(self, name: str) -> Iterator[Event]:
        return without_retracted((json.loads(body) for (body,) in self._rows(name)), self._retracted)

    def _rows(self, name: str) -> Iterator[Sequence[Any]]:
        with self._client.query_rows_stream(statement("verify", name), parameters=self._parameters) as rows:
            for row in rows:
                self.events_read += 1
                yield row


def _served(client: Client, indicator: Indicator, within: Sequence[str], period: Period) -> Parts:
    target = within[0]
    return served_parts(indicator, counts_of(client, dict.fromkeys(within, target), period, [indicator])[target])


def _cases(client: Client, indicator: Indicator, within: Sequence[str], period: Period) -> float:
    """The served denominator, without last year's average."""
    target = within[0]
    served = counts(client, dict.fromkeys(within, target), period, indicator.measures())
    return value_of(indicator.denominator, served[target])


def _same(left: Parts, right: Parts) -> bool:
    return all(_close(left[name], right[name]) for name in left)


def _close(left: float | None, right: float | None) -> bool:
    return left == right if left is None or right is None else math.isclose(left, right, rel_tol=1e-9)
