"""Where a figure comes from: satisfaction and lateness by counter, member of staff, procedure, channel or time."""

from __future__ import annotations

from typing import Any, cast

from fastapi import HTTPException

from contract.indicators.indicator import wilson
from contract.time import TIMES
from dashboards.answers.parts import Breakdown, By, Of, Part
from dashboards.api.context import Store
from dashboards.api.file_formats import with_files
from dashboards.api.filters import From, To, Unit
from warehouse.read import evidence

FEWEST = 10
FEWEST_OF_STAFF = 5
"""Below so many cases no share is told; of a member of staff, whom only the manager looks at, below five."""


@with_files("parts")
def get_breakdown(
    store: Store,
    unit: Unit,
    of: Of,
    by: By,
    start: From = None,
    to: To = None,
) -> Breakdown:
    """What is good of the unit with all below it, by one thing; the worst first, those with too few cases last.

    Of ``ratings``: ``satisfied`` in ``answered``; of ``dossiers``: settled in time in ``settled``; of ``tickets``, by
    time alone: called within 15 minutes in ``called``. ``value`` in percent with its 95 % interval, None where there
    are too few. ``within`` is the unit that a counter or a member of staff belongs to; procedures have their names.

    By ``hour`` of the day (00 to 23) and ``weekday`` (1 is Monday) the parts are in the order of time: when a rating
    was given, a dossier settled, a ticket called, in Vietnam. Dossiers by channel, staff and counter are read one by
    one: ask for a unit and a month at most.
    """
    if of == "tickets" and by not in TIMES:
        raise HTTPException(422, f"tickets are told by {' and '.join(TIMES)}, not by {by}")
    tree, period, _ = store.scope(unit, start, to, None)
    below = tree.below(unit)
    if of == "ratings":
        found = [
            (row["satisfied"], row["answered"], row) for row in evidence.ratings_by(store.client, below, period, by)
        ]
    elif of == "tickets":
        period = period.whole_hours()
        found = [
            (row["called_in_time"], row["called"], row)
            for row in evidence.tickets_by_time(store.client, below, period, by)
        ]
    else:
        found = [
            (row["settled"] - row["settled_late"], row["settled"], row)
            for row in evidence.dossiers_by(store.client, below, period, by)
        ]
    parts = [_told(good, cases, row, FEWEST_OF_STAFF if by == "staff" else FEWEST) for good, cases, row in found]
    if by == "procedure":
        names = evidence.procedure_names(store.client)
        for part in parts:
            part["name_vi"], part["name_en"] = names.get(part["part"], ("", ""))
    if by in TIMES:
        parts.sort(key=lambda row: str(row["part"]))
    else:
        parts.sort(key=lambda row: row["interval"][1] if row["interval"] else 101)
    return {"unit": unit, **store.told(period), "of": of, "by": by, "parts": parts}


def _told(good: int, cases: int, row: dict[str, Any], fewest: int) -> Part:
    share: dict[str, Any] = {"n": cases, "value": None, "interval": None}
    if cases >= fewest:
        low, high = wilson(good, cases)
        share |= {"value": 100 * good / cases, "interval": (100 * low, 100 * high)}
    return cast("Part", {**row, **share})
