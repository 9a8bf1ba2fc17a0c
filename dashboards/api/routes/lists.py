"""The read API's lists: units, dossiers, ratings, steps of time, and how fresh all of it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import pyarrow as pa
from fastapi import HTTPException
from pydantic import TypeAdapter

from contract.links.device_token import SILENT_AFTER_SERVED, SILENT_AFTER_UNSEEN_S
from contract.ratings.reasons import severe_reasons
from dashboards.api import continuation
from dashboards.api.context import Having, Store, readable
from dashboards.api.file_formats import Listing
from dashboards.api.filters import After, DossierCode, From, Limit, Offset, Source, To, Unit
from runtime.clock import speed_of
from warehouse.read import counts as figures
from warehouse.read import evidence
from warehouse.read.evidence import Counted

_RATING, _DOSSIER = TypeAdapter(tuple[datetime, UUID]), TypeAdapter(tuple[datetime, str])
"""What a page of a list goes on from: a place in its order."""

_TEXT, _NUMBER, _TRUTH = pa.string(), pa.int64(), pa.bool_()
DOSSIER_COLUMNS = {
    **dict.fromkeys(("dossier", "unit", "procedure", "channel", "staff", "counter"), _TEXT),
    **dict.fromkeys(("received_at", "accepted_at", "due_at", "ended", "how"), _TEXT),
    **dict.fromkeys(("supplements", "is_ended"), _NUMBER),
    "overdue": _TRUTH,
}
RATING_COLUMNS = {
    **dict.fromkeys(("event_id", "occurred_at", "unit", "counter", "device", "staff", "procedure", "dossier"), _TEXT),
    **dict.fromkeys(("channel", "scale"), _TEXT),
    "score": _NUMBER,
    **dict.fromkeys(("reasons", "recorded_at"), _TEXT),
    "replaced": _NUMBER,
}
"""What the lists show of the store's rows, with the types of Parquet; instants are texts."""


def get_units(store: Store) -> dict[str, Any]:
    """The units of a day's tree, those that are closed or not yet open with their last or first place among them."""
    tree = store.tree()
    units = [row._asdict() | {"open": tree.is_open(row.unit)} for row in tree.units.values()]
    return {"tree": store.day.isoformat(), "units": units}


def get_reference(store: Store) -> dict[str, Any]:
    """Every reference event as it was sent; of a tablet's token not even the hash."""
    words = evidence.reference_events(store.client)
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
    unit: Unit,
    start: From = None,
    to: To = None,
    counted: Counted = "received",
    state: Literal["all", "open", "ended", "overdue"] = "all",
    has_due: bool | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: After = None,
) -> Listing:
    """Dossiers received (or settled) in the period with their standing at its end; ``total`` counts all that match.

    By due date. Where ``limit`` cuts the list, ``next`` is what ``after`` goes on from, with the same ``from`` and
    ``to``.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    behind = continuation.read(after, _DOSSIER) if after else evidence.FIRST_DOSSIER
    # One row more than asked for tells whether there is another page, and has the total in any case.
    found = evidence.dossiers(
        store.client, tree.below(unit), period, having, counted, state, has_due, limit + 1, offset, behind
    )
    listing = Listing({"unit": unit, **store.told(period)}, "dossiers", DOSSIER_COLUMNS)
    listing.rows = _page(listing, found, limit, ("sort_at", "dossier"))
    return listing


def get_dossier(store: Store, code: DossierCode) -> dict[str, Any]:
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
    unit: Unit,
    start: From = None,
    to: To = None,
    limit: Limit = 100,
    severe: bool = False,
    comments: bool = False,
    after: After = None,
) -> Listing:
    """Single ratings of the period, the latest first; ``severe`` leaves those that a supervisor must see.

    ``comments`` brings what was written beside them, as masked when it came in; ``total`` counts all that match. Where
    ``limit`` cuts the list, ``next`` is what ``after`` goes on from, with the same ``from`` and ``to``.
    """
    tree, period, _ = store.scope(unit, start, to, None)
    reasons = severe_reasons() if severe else ()
    behind = continuation.read(after, _RATING) if after else None
    found = evidence.ratings(
        store.client, tree.below(unit), period, limit + 1, having, reasons, behind, comments=comments
    )
    columns = RATING_COLUMNS | ({"comment": _TEXT} if comments else {})
    listing = Listing({"unit": unit, **store.told(period)}, "ratings", columns)
    listing.rows = _page(listing, found, limit, ("occurred_at", "event_id"))
    return listing


def get_tablets(store: Store, unit: Unit, start: From = None, to: To = None) -> dict[str, Any]:
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


def get_acknowledgements(store: Store, unit: Unit, start: From = None, to: To = None) -> dict[str, Any]:
    """Who took care of what in the period, the latest first; ``about`` as the page's form has it."""
    tree, period, _ = store.scope(unit, start, to, None)
    rows = evidence.acknowledgements(store.client, tree.below(unit), period)
    return {"unit": unit, **store.told(period), "acknowledgements": _shown(rows)}


def get_series(
    store: Store, unit: Unit, start: From = None, to: To = None, step: Literal["hour", "day"] = "hour"
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


def get_counts(store: Store, source: Source) -> dict[str, Any]:
    """Distinct events of one source: ``rows`` in the raw table, ``stored`` of them in every figure."""
    rows, counted = figures.stored(store.client, source)
    return {"source": source, "rows": rows, "stored": counted}


def _page(
    listing: Listing, found: Iterable[dict[str, Any]], limit: int, place: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    """The first ``limit`` of the rows that were found; ``place`` are the columns by which the next page goes on."""
    last: dict[str, Any] | None = None
    for number, row in enumerate(found):
        listing.total = row["total"]
        if number == limit:
            listing.after = continuation.written(last[place[0]], last[place[1]]) if last else None
            return
        last = row
        yield {column: readable(row[column]) for column in listing.columns}


def _shown(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: readable(value) for key, value in row.items()} for row in rows]
