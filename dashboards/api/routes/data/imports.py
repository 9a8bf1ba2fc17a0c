"""What one source sent, and whether its import was taken back."""

from __future__ import annotations

import json

from fastapi import HTTPException

from contract.events.retractions import goes_with_its_import
from dashboards.answers.imports import Import, ImportPart, Retraction, SourceCounts
from dashboards.api.context import ContextDep, to_json_value
from dashboards.api.filters import Source
from warehouse.read import counts as store_counts
from warehouse.read import evidence


def get_imports(context: ContextDep, source: Source) -> Import:
    """What one import brought, by type of event, and who took it back, if anybody did.

    ``goes`` is whether events of the type are taken back with their import. ``counted`` of all its events are in the
    figures; once it was taken back and everything is made anew, only those that stay. 404 names the known imports.
    """
    rows = evidence.source_parts(context.client, source)
    retractions = evidence.retractions(context.client, source)
    if not rows and not retractions:
        known = ", ".join(evidence.import_sources(context.client)) or "none"
        raise HTTPException(404, f"no event came from the source {source!r}; imports that are known: {known}")
    _, counted = store_counts.stored(context.client, source)
    parts: list[ImportPart] = [
        {
            "type": row["event_type"],
            "events": row["events"],
            "first_at": to_json_value(row["first_at"]),
            "last_at": to_json_value(row["last_at"]),
            "units": row["units"],
            "goes": goes_with_its_import(row["event_type"]),
        }
        for row in rows
    ]
    first: Retraction | None = None
    if retractions:
        data = json.loads(retractions[0]["body"])["data"]
        first = {"time": to_json_value(retractions[0]["occurred_at"]), "by": data["by"], "reason": data["reason"]}
    return {
        "source": source,
        "events": sum(part["events"] for part in parts),
        "counted": counted,
        "parts": parts,
        "retracted": first,
    }


def get_counts(context: ContextDep, source: Source) -> SourceCounts:
    """Distinct events of one source: ``rows`` in the raw table, ``stored`` of them in every figure."""
    rows, stored = store_counts.stored(context.client, source)
    return {"source": source, "rows": rows, "stored": stored}
