"""Every served figure compared with a recount of raw events (all_units.py)."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import KEPT_BY_HOUR, Counts
from contract.time import VIETNAM
from warehouse.read.counts import by_hour
from warehouse.read.last_year_fallback import counts_of
from warehouse.sql import statement
from warehouse.verify.all_units import Recount
from warehouse.verify.parts import parts_of, served_parts
from warehouse.verify.working_time import newest_units


class Difference(NamedTuple):
    """A served number that differs from its recount; ``what`` is the measure, or the indicator and its part."""

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
        earliest, latest, dossier_events, ticket_events = client.query(statement("verify", "extent")).result_rows[0]
        self.differences: list[Difference] = []
        self.compared = 0
        self._recount: Recount | None = None
        if earliest is not None:
            first = first or earliest.replace(tzinfo=UTC).astimezone(VIETNAM).date()
            last = last or latest.replace(tzinfo=UTC).astimezone(VIETNAM).date()
            self._recount = Recount(client, first, last, dossier_events, ticket_events)

    def run(self) -> Iterator[tuple[int, int]]:
        """Compares, and yields the steps done of how many; ``differences`` and ``compared`` are complete at the end."""
        recount = self._recount
        if recount is None:
            return
        total, done = recount.steps + len(recount.periods) + 1, 0
        reference = [json.loads(row[0]) for row in self._client.query(statement("verify", "reference")).result_rows]
        for step in (recount.run(reference), self._compare(recount, newest_units(reference))):
            for _ in step:
                done += 1
                yield done, total

    def _compare(self, recount: Recount, units: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
        everywhere = sorted(units.keys() | recount.units)
        self._compare_hours(recount, everywhere)
        yield
        scopes = {unit: [unit] for unit in everywhere}
        for unit in units:
            for above in _above(unit, units):
                scopes[above].append(unit)
        # Units of one depth have nothing below in common, so that one question serves all of them.
        layers: defaultdict[int, dict[str, str]] = defaultdict(dict)
        for unit, below in scopes.items():
            layers[len(_above(unit, units)) if unit in units else 0] |= dict.fromkeys(below, unit)
        for name, period in recount.periods.items():
            served: dict[str, Counts] = {}
            for target_of in layers.values():
                served |= counts_of(self._client, target_of, period, catalogue().indicators.values())
            for unit, measures in recount.measures(name, scopes).items():
                self._compare_indicators(unit, name, served[unit], measures)
            yield

    def _compare_hours(self, recount: Recount, units: Sequence[str]) -> None:
        served = by_hour(self._client, units, recount.range)
        for unit, hour in sorted(served.keys() | recount.hours.keys()):
            recounted = recount.hours[unit, hour].measures() if (unit, hour) in recount.hours else {}
            stored = served.get((unit, hour), {})
            shown = f"{hour.astimezone(VIETNAM):%Y-%m-%d %H}h"
            for measure in sorted(stored.keys() | recounted.keys() & COMPARED_BY_HOUR):
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


# The waits that are not stored follow from ``waits_s``; dossiers are counted by hour from their days.
COMPARED_BY_HOUR = (KEPT_BY_HOUR - {"waits", "waited_s"}) | {
    *("dossiers_received", "dossiers_completed", "dossiers_late", "dossiers_returned"),
}


def _above(unit: str, units: Mapping[str, Mapping[str, Any]]) -> list[str]:
    above: list[str] = []
    parent = str(units[unit].get("parent"))
    while parent in units and parent not in above:
        above.append(parent)
        parent = str(units[parent].get("parent"))
    return above


def _shown(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, float) else str(value)
