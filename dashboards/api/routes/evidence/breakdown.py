"""Where a figure comes from: satisfaction and lateness by counter, member of staff, procedure, channel or time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from fastapi import HTTPException

from contract.indicators.indicator import wilson
from contract.time import TIMES
from dashboards.answers.parts import Breakdown, By, Of, Part
from dashboards.api.context import QuestionDep
from dashboards.api.file_formats import with_files
from warehouse.read import evidence

FEWEST = 10
FEWEST_OF_STAFF = 5
"""Below so many cases no share is shown; of a member of staff, whom only the manager looks at, below five."""


@with_files("parts")
def get_breakdown(question: QuestionDep, of: Of, by: By) -> Breakdown:
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
    client, within, period = question.client, question.units_below(), question.period
    fewest = FEWEST_OF_STAFF if by == "staff" else FEWEST
    if of == "ratings":
        rows = evidence.ratings_by(client, within, period, by)
        parts = [_part(row["satisfied"], row["answered"], row, fewest) for row in rows]
    elif of == "tickets":
        period = period.whole_hours()
        rows = evidence.tickets_by_time(client, within, period, by)
        parts = [_part(row["called_in_time"], row["called"], row, fewest) for row in rows]
    else:
        rows = evidence.dossiers_by(client, within, period, by)
        parts = [_part(row["settled"] - row["settled_late"], row["settled"], row, fewest) for row in rows]
    if by == "procedure":
        names = evidence.procedure_names(client)
        for part in parts:
            part["name_vi"], part["name_en"] = names.get(part["part"], ("", ""))
    if by in TIMES:
        parts.sort(key=lambda part: str(part["part"]))
    else:
        parts.sort(key=lambda part: part["interval"][1] if part["interval"] else 101)
    return {**question.head(period), "of": of, "by": by, "parts": parts}


def _part(good: int, cases: int, row: Mapping[str, Any], fewest: int) -> Part:
    value = interval = None
    if cases >= fewest:
        low, high = wilson(good, cases)
        value, interval = 100 * good / cases, (100 * low, 100 * high)
    return cast("Part", {**row, "n": cases, "value": value, "interval": interval})
