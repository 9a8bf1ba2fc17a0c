"""The read API's lists: units, dossiers, ratings, steps of time, and how fresh all of it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Query

from contract.devices import SILENT_AFTER_SERVED, SILENT_AFTER_UNSEEN_S
from contract.reasons import severe_reasons
from dashboards.reader import From, Having, Limit, Store, To, readable
from runtime.clock import speed_of
from warehouse import evidence, figures
from warehouse.evidence import Counted


def get_units(store: Store) -> dict[str, Any]:
    """The units of a day's tree, those that are closed or not yet open with their last or first place among them."""
    tree = store.tree()
    units = [row._asdict() | {"open": tree.is_open(row.unit)} for row in tree.units.values()]
    return {"tree": store.day.isoformat(), "units": units}


def get_reference(store: Store) -> dict[str, Any]:
    """Every reference event as it was sent; of a tablet's token not even the hash."""
    words = evidence.reference_words(store.client)
    for word in words:
        word["data"].pop("token_sha256", None)
    return {"events": words}


def get_reference_loads(store: Store, limit: Limit = 100) -> dict[str, Any]:
    """Who loaded reference data when and from what, and what that changed by file; the latest first."""
    loads = []
    for row in evidence.reference_loads(store.client, limit):
        data = json.loads(row["body"])["data"]
        told = {name: data[name] for name in ("unit", "by", "name", "files", "refused")}
        loads.append({"time": readable(row["occurred_at"]), "sha256": row["sha256"], **told})
    return {"loads": loads}


def get_dossiers(
    store: Store,
    having: Having,
    unit: str,
    start: From = None,
    to: To = None,
    counted: Counted = "received",
    state: Literal["all", "open", "ended", "overdue"] = "all",
    has_due: bool | None = None,
    limit: Limit = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Dossiers received (or settled) in the period with their standing at its end; ``total`` counts all that match."""
    tree, period, _ = store.scope(unit, start, to, None)
    # One row at least carries the total.
    rows = evidence.dossiers(
        store.client, tree.below(unit), period, having, counted, state, has_due, max(limit, 1), offset
    )
    return {"unit": unit, **store.told(period), "total": _total(rows), "dossiers": _shown(rows[:limit])}


def get_dossier(store: Store, code: str) -> dict[str, Any]:
    """One dossier as it is known by now, with every event about it as it was sent.

    Steps that were taken back with their import are ``retracted``; 404 for a dossier of which nothing else is known.
    """
    found = evidence.dossier(store.client, code)
    if found is None:
        raise HTTPException(404, f"no event told of a dossier {code!r}")
    told = evidence.steps(store.client, code)
    if told and all(step["retracted"] for step in told):
        raise HTTPException(404, f"all that was known of the dossier {code!r} was taken back with its import")
    steps = [
        {
            "time": readable(step["occurred_at"]),
            "recorded_at": readable(step["recorded_at"]),
            **{name: str(step[name]) for name in ("type", "unit", "source", "event_id")},
            "data": json.loads(step["body"])["data"],
            "retracted": bool(step["retracted"]),
        }
        for step in told
    ]
    return {"dossier": _shown([found])[0], "steps": steps}


def get_ratings(
    store: Store,
    having: Having,
    unit: str,
    start: From = None,
    to: To = None,
    limit: Limit = 100,
    severe: bool = False,
    comments: bool = False,
) -> dict[str, Any]:
    """Single ratings of the period, the latest first; ``severe`` leaves those that a supervisor must see.

    ``comments`` brings what was written beside them, as masked when it came in; ``total`` counts all that match.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    reasons = severe_reasons() if severe else ()
    rows = evidence.ratings(store.client, tree.below(unit), period, limit, having, reasons)
    shown = _shown(rows)
    if comments:
        written = evidence.comments(store.client, rows)
        shown = [row | {"comment": written.get(raw["event_id"], "")} for row, raw in zip(shown, rows, strict=True)]
    return {"unit": unit, **store.told(period), "total": _total(rows), "ratings": shown}


def get_tablets(store: Store, unit: str, start: From = None, to: To = None) -> dict[str, Any]:
    """The tablets, when each was tapped last and what its newest heartbeat said.

    ``silent`` are those that are ``untapped`` though many were served in the period since, and those that are
    ``unseen``: they told how they are once, and no more while their unit is open.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    now = store.clock()
    until_now = period._replace(end=min(period.end, now)) if period.start < now else period
    rows = evidence.tablets(store.client, tree.below(unit), until_now)
    tablets = [row | _silence(row, speed_of(store.clock)) for row in _shown(rows)]
    return {"unit": unit, **store.told(period), "tablets": tablets}


def _silence(tablet: Mapping[str, Any], speed: float) -> dict[str, bool]:
    """Why a tablet is called silent, if it is; in a replayed day its heartbeats follow the wall's minutes."""
    untapped = tablet["served_since"] >= SILENT_AFTER_SERVED
    unseen = tablet["unseen_s"] is not None and tablet["unseen_s"] / speed >= SILENT_AFTER_UNSEEN_S
    return {"untapped": untapped, "unseen": unseen, "silent": untapped or unseen}


def get_acknowledgements(store: Store, unit: str, start: From = None, to: To = None) -> dict[str, Any]:
    """Who took care of what in the period, the latest first; ``about`` as the page's form has it."""
    tree, period, _ = store.scope(unit, start, to, None)
    rows = evidence.acknowledgements(store.client, tree.below(unit), period)
    return {"unit": unit, **store.told(period), "acknowledgements": _shown(rows)}


def get_series(
    store: Store, unit: str, start: From = None, to: To = None, step: Literal["hour", "day"] = "hour"
) -> dict[str, Any]:
    """Counts by hour or day, for charts."""
    tree, period, _ = store.scope(unit, start, to, None)
    rows = figures.series(store.client, tree.below(unit), period, step)
    return {
        "unit": unit,
        **store.told(period),
        "step": step,
        "series": _shown(rows),
    }


def get_freshness(store: Store) -> dict[str, Any]:
    """How old the data is: now, and when the newest event that the figures hold was recorded."""
    now = store.clock()
    recorded = figures.freshness(store.client)
    # In a replayed day a second of age is a second of the wall, as the one who waits feels it.
    age_s = None if recorded is None else max(0.0, (now - recorded).total_seconds() / speed_of(store.clock))
    return {
        "now": readable(now),
        "recorded_at": readable(recorded),
        "age_s": age_s,
    }


def get_counts(store: Store, source: str) -> dict[str, Any]:
    """Distinct events of one source: ``rows`` in the raw table, ``stored`` of them in every figure."""
    rows, counted = figures.stored(store.client, source)
    return {"source": source, "rows": rows, "stored": counted}


def _total(rows: Sequence[Mapping[str, Any]]) -> int:
    return int(rows[0]["total"]) if rows else 0


def _shown(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: readable(value) for key, value in row.items() if key != "total"} for row in rows]
