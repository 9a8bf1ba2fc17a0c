"""What an import brought, and whether it was taken back."""

from __future__ import annotations

import json
from typing import Any

from fastapi import HTTPException

from contract.events.retractions import goes_with_its_import
from dashboards.answers.imports import Import, Retraction
from dashboards.api.context import Store, readable
from dashboards.api.filters import Source
from warehouse.read import counts as figures
from warehouse.read import evidence


def get_imports(store: Store, source: Source) -> Import:
    """What one import brought, by type of event, and who took it back, if anybody did.

    ``goes`` says of each type whether it is taken back with its import. ``counted`` of all its events are in the
    figures; once it was taken back and everything is made anew, only those that stay. 404 names the imports that are
    known.
    """
    parts = evidence.source_parts(store.client, source)
    words = evidence.retractions(store.client, source)
    if not parts and not words:
        known = ", ".join(evidence.import_sources(store.client)) or "none"
        raise HTTPException(404, f"no event came from the source {source!r}; imports that are known: {known}")
    _, counted = figures.stored(store.client, source)
    return {
        "source": source,
        "events": sum(part["events"] for part in parts),
        "counted": counted,
        "parts": [
            {
                "type": part["event_type"],
                "events": part["events"],
                "first_at": readable(part["first_at"]),
                "last_at": readable(part["last_at"]),
                "units": part["units"],
                "goes": goes_with_its_import(part["event_type"]),
            }
            for part in parts
        ],
        "retracted": _first_word(words[0]) if words else None,
    }


def _first_word(row: dict[str, Any]) -> Retraction:
    data = json.loads(row["body"])["data"]
    return {"time": readable(row["occurred_at"]), "by": data["by"], "reason": data["reason"]}
