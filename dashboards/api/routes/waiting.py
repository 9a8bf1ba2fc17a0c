"""Who waits at this moment, at each service point."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from contract.time import VIETNAM, midnight
from dashboards.answers.counters import Waiting, WaitingPoint
from dashboards.api.context import Store, readable
from dashboards.api.file_formats import with_files
from dashboards.api.filters import FIRST_DAY, To, Unit
from dashboards.api.routes.freshness import age_s
from warehouse.read import evidence
from warehouse.read.periods import Period


@with_files("points")
def get_waiting(store: Store, unit: Unit, to: To = None) -> Waiting:
    """People who took a number today and were neither called nor left by ``to``, now when left out; a row for each unit
    with tickets today, the longest wait first.

    ``waiting`` people, the first of them for ``longest_wait_s``; ``counters`` have somebody before them; tickets that
    the queue system never closed are ``forgotten`` (contract/indicators/queues.py) and not among those that wait.
    ``in_all`` has the sums and the longest wait of all.
    """
    tree, period, _ = store.scope(unit, FIRST_DAY.isoformat(), to, None)
    at = period.end
    today = Period(midnight(at.astimezone(VIETNAM).date()), at)
    recorded = store.freshness().recorded_at
    points = [_told(row, at) for row in evidence.waiting(store.client, tree.below(unit), today)]
    points.sort(key=lambda point: (-(point["longest_wait_s"] or -1), point["unit"]))
    return {
        "unit": unit,
        "at": readable(at),
        "as_of": readable(recorded),
        "age_s": age_s(recorded, store.clock),
        "in_all": {
            "waiting": sum(point["waiting"] for point in points),
            "longest_wait_s": max((point["longest_wait_s"] or 0 for point in points), default=None),
            "forgotten": sum(point["forgotten"] for point in points),
            "serving": sum(len(point["counters"]) for point in points),
        },
        "points": points,
    }


def _told(row: dict[str, Any], at: datetime) -> WaitingPoint:
    since = row["waiting_since"].replace(tzinfo=UTC) if row["waiting"] else None
    return {
        "unit": row["unit"],
        "waiting": row["waiting"],
        "longest_wait_s": since and round((at - since).total_seconds()),
        "waiting_since": since and readable(since),
        "forgotten": row["forgotten"],
        "counters": row["counters"],
        "newest_at": readable(row["newest_at"]),
    }
