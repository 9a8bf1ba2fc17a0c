"""Who waits at this moment, at each service point."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contract.time import VIETNAM, midnight
from dashboards.answers.counters import Waiting, WaitingPoint
from dashboards.api.context import ContextDep, to_json_value
from dashboards.api.file_formats import with_files
from dashboards.api.filters import FIRST_DAY, To, Unit
from dashboards.api.routes.data.freshness import data_age_s
from warehouse.read import evidence
from warehouse.read.periods import Period


@with_files("points")
def get_waiting(context: ContextDep, unit: Unit, to: To = None) -> Waiting:
    """People who took a number today and were neither called nor left by ``to``, now when left out; a row for each unit
    with tickets today, the longest wait first.

    ``waiting`` people, the first of them for ``longest_wait_s``; ``counters`` have somebody before them; tickets that
    the queue system never closed are ``forgotten`` (contract/indicators/queues.py) and not among those that wait.
    ``in_all`` has the sums and the longest wait of all.
    """
    tree = context.tree_with(unit)
    at = context.period(FIRST_DAY.isoformat(), to).end
    today = Period(midnight(at.astimezone(VIETNAM).date()), at)
    recorded_at = context.freshness().recorded_at
    points = [_point(row, at) for row in evidence.waiting(context.client, tree.below(unit), today)]
    points.sort(key=lambda point: (-(point["longest_wait_s"] or -1), point["unit"]))
    return {
        "unit": unit,
        "at": to_json_value(at),
        "as_of": to_json_value(recorded_at),
        "age_s": data_age_s(recorded_at, context.clock),
        "in_all": {
            "waiting": sum(point["waiting"] for point in points),
            "longest_wait_s": max((point["longest_wait_s"] or 0 for point in points), default=None),
            "forgotten": sum(point["forgotten"] for point in points),
            "serving": sum(len(point["counters"]) for point in points),
        },
        "points": points,
    }


def _point(row: Mapping[str, Any], at: datetime) -> WaitingPoint:
    since = row["waiting_since"].replace(tzinfo=UTC) if row["waiting"] else None
    return {
        "unit": row["unit"],
        "waiting": row["waiting"],
        "longest_wait_s": since and round((at - since).total_seconds()),
        "waiting_since": since and to_json_value(since),
        "forgotten": row["forgotten"],
        "counters": row["counters"],
        "newest_at": to_json_value(row["newest_at"]),
    }
