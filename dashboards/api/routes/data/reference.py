"""Reference data as it was sent, and who loaded it."""

from __future__ import annotations

import json
from typing import cast

from dashboards.answers.units import Reference, ReferenceEvent, ReferenceLoad, ReferenceLoads
from dashboards.api.context import ContextDep, to_json_value
from dashboards.api.filters import Limit
from warehouse.read import evidence


def get_reference(context: ContextDep) -> Reference:
    """Every reference event as it was sent; of a tablet's token not even the hash."""
    events = evidence.reference_events(context.client)
    for event in events:
        event["data"].pop("token_sha256", None)
    return {"events": cast("list[ReferenceEvent]", events)}


def get_reference_loads(context: ContextDep, limit: Limit = 100) -> ReferenceLoads:
    """Who loaded reference data when and from what, and what that changed by file; the latest first."""
    loads: list[ReferenceLoad] = []
    for row in evidence.reference_loads(context.client, limit):
        data = json.loads(row["body"])["data"]
        loads.append(
            {
                "time": to_json_value(row["occurred_at"]),
                "sha256": row["sha256"],
                "unit": data["unit"],
                "by": data["by"],
                "name": data["name"],
                "files": data["files"],
                "refused": data["refused"],
            }
        )
    return {"loads": loads}
