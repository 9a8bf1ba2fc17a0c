"""Dossiers of a unit, and one dossier with its steps."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal, cast

import pyarrow as pa
from fastapi import HTTPException
from pydantic import TypeAdapter

from dashboards.answers.dossiers import Dossier, DossierPage, DossierStep, DossierSteps
from dashboards.api import continuation
from dashboards.api.context import ContextDep, FilterDep, QuestionDep, to_json_value
from dashboards.api.file_formats import Listing, with_files
from dashboards.api.filters import After, DossierCode, Limit, Offset
from dashboards.api.listing import cut_page, to_json_rows
from warehouse.read import evidence
from warehouse.read.evidence import Counted

_TEXT, _NUMBER, _TRUTH = pa.string(), pa.int64(), pa.bool_()
COLUMNS = {
    **dict.fromkeys(("dossier", "unit", "procedure", "channel", "staff", "counter"), _TEXT),
    **dict.fromkeys(("received_at", "accepted_at", "due_at", "ended", "how"), _TEXT),
    **dict.fromkeys(("supplements", "is_ended"), _NUMBER),
    "overdue": _TRUTH,
}
"""The columns of the list, with their types in Parquet; instants are texts."""

PLACE = TypeAdapter(tuple[datetime, str])
"""A place in the order of the list."""


@with_files("dossiers")
def get_dossiers(
    cases: FilterDep,
    question: QuestionDep,
    counted: Counted = "received",
    state: Literal["all", "open", "ended", "overdue"] = "all",
    has_due: bool | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
    after: After = None,
) -> Listing[DossierPage]:
    """Dossiers received (or settled) in the period with their standing at its end; ``total`` counts all that match.

    By due date. Where ``limit`` cuts the list, ``next`` is what ``after`` goes on from, with the same ``from`` and
    ``to``.
    """
    place = continuation.decode(after, PLACE) if after else evidence.FIRST_DOSSIER
    within, period = question.units_below(), question.period
    # One row more than asked for shows whether there is another page, and has the total in any case.
    rows = evidence.dossiers(question.client, within, period, cases, counted, state, has_due, limit + 1, offset, place)
    listing = Listing[DossierPage](question.head(), "dossiers", COLUMNS)
    listing.rows = cut_page(listing, rows, limit, ("sort_at", "dossier"))
    return listing


def get_dossier(context: ContextDep, code: DossierCode) -> DossierSteps:
    """One dossier as it is known by now, with every event about it as it was sent.

    Steps that were taken back with their import are ``retracted``; 404 for a dossier without any other step.
    """
    dossier = evidence.dossier(context.client, code)
    if dossier is None:
        raise HTTPException(404, f"no event told of a dossier {code!r}")
    rows = evidence.steps(context.client, code)
    if rows and all(row["retracted"] for row in rows):
        raise HTTPException(404, f"all that was known of the dossier {code!r} was taken back with its import")
    steps: list[DossierStep] = [
        {
            "time": to_json_value(row["occurred_at"]),
            "recorded_at": to_json_value(row["recorded_at"]),
            "type": str(row["type"]),
            "unit": str(row["unit"]),
            "source": str(row["source"]),
            "event_id": str(row["event_id"]),
            "data": json.loads(row["body"])["data"],
            "retracted": bool(row["retracted"]),
        }
        for row in rows
    ]
    return {"dossier": cast("Dossier", to_json_rows([dossier])[0]), "steps": steps}
