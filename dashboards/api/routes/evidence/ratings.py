"""Single ratings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pyarrow as pa
from pydantic import TypeAdapter

from contract.ratings.reasons import severe_reasons
from dashboards.answers.ratings import RatingPage
from dashboards.api import continuation
from dashboards.api.context import FilterDep, QuestionDep
from dashboards.api.file_formats import Listing, with_files
from dashboards.api.filters import After, Limit
from dashboards.api.listing import cut_page
from warehouse.read import evidence

_TEXT, _NUMBER = pa.string(), pa.int64()
COLUMNS = {
    **dict.fromkeys(("event_id", "occurred_at", "unit", "counter", "device", "staff", "procedure", "dossier"), _TEXT),
    **dict.fromkeys(("channel", "scale"), _TEXT),
    "score": _NUMBER,
    **dict.fromkeys(("reasons", "recorded_at"), _TEXT),
    "replaced": _NUMBER,
}
"""The columns of the list, with their types in Parquet; instants are texts."""

PLACE = TypeAdapter(tuple[datetime, UUID])
"""A place in the order of the list."""


@with_files("ratings")
def get_ratings(
    cases: FilterDep,
    question: QuestionDep,
    limit: Limit = 100,
    severe: bool = False,
    comments: bool = False,
    after: After = None,
) -> Listing[RatingPage]:
    """Single ratings of the period, the latest first; ``severe`` leaves those that a supervisor must see.

    ``comments`` adds what was written with them, as masked on arrival; ``total`` counts all that match. Where
    ``limit`` cuts the list, ``next`` is what ``after`` goes on from, with the same ``from`` and ``to``.
    """
    reasons = severe_reasons() if severe else ()
    place = continuation.decode(after, PLACE) if after else None
    # One row more than asked for shows whether there is another page, and has the total in any case.
    rows = evidence.ratings(
        *(question.client, question.units_below(), question.period, limit + 1, cases, reasons, place), comments=comments
    )
    columns = COLUMNS | ({"comment": _TEXT} if comments else {})
    listing = Listing[RatingPage](question.head(), "ratings", columns)
    listing.rows = cut_page(listing, rows, limit, ("occurred_at", "event_id"))
    return listing
