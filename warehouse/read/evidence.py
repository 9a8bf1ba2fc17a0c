"""Evidence behind figures: lists of dossiers, ratings and tablets, and breakdowns by counter, procedure or time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.query import QueryResult

from contract.indicators.queues import FORGOTTEN_AFTER_S, OVERTAKEN_BY, QUIET_AFTER_S
from contract.links.comment import ID_PREFIX
from contract.time import TIMES
from warehouse.read.periods import Period, bounds, days, naive
from warehouse.scales import SCALE_PARAMETERS
from warehouse.sql import statement

TAPS_LOOKED_BACK = timedelta(days=14)
ANY = "*"
"""Ways to split cases by when they happened."""

SCALES = {name: SCALE_PARAMETERS[name] for name in ("scales", "satisfied_from")}
"""The score from which a citizen is satisfied, by scale, as parameters of statements."""

Counted = Literal["received", "settled"]
"""The step of a dossier that lies in the period."""

Rows = list[dict[str, Any]]

RATINGS = "/* ratings */"
"""The place in a statement at which the statement for ratings is put."""

ALL = 2**32 - 1
FIRST_DOSSIER = (datetime(1900, 1, 1, tzinfo=UTC), "")
"""A position before all dossiers of a list."""

ROWS_OF_A_BLOCK = 4096


class Filter(NamedTuple):
    """Columns that single cases must have; ``*`` for any value, an empty text for cases without one.

    ``hour`` (00 to 23) and ``weekday`` (1 is Monday) are those of the rating, or of the dossier's step, in Vietnam.
    """

    counter: str = ANY
    staff: str = ANY
    procedure: str = ANY
    channel: str = ANY
    hour: str = ANY
    weekday: str = ANY


EVERY_CASE = Filter()


def dossiers(
    client: Client,
    within: Sequence[str],
    period: Period,
    having: Filter = EVERY_CASE,
    counted: Counted = "received",
    state: str = "all",
    has_due: bool | None = None,
    limit: int = 100,
    offset: int = 0,
    after: tuple[datetime, str] = FIRST_DOSSIER,
) -> Iterator[dict[str, Any]]:
    """Dossiers of ``within`` received or settled in the period, with their standing at its end and the ``total``.

    They come in the order of (``sort_at``, ``dossier``), those behind ``after`` only.
    """
    parameters = {
        "units": list(within),
        "counted": counted,
        "state": state,
        "has_due": -1 if has_due is None else int(has_due),
        "limit": limit,
        "offset": offset,
        "after_at": naive(after[0]),
        "after_dossier": after[1],
        **having._asdict(),
        **bounds(period),
    }
    return _rows_in_blocks(client, statement("read", "dossiers"), parameters)


def ratings(
    client: Client,
    within: Sequence[str],
    period: Period,
    limit: int,
    having: Filter = EVERY_CASE,
    reasons: Sequence[str] = (),
    after: tuple[datetime, UUID] | None = None,
    comments: bool = False,
) -> Iterator[dict[str, Any]]:
    """Ratings of a period, the latest first, with the ``total``; with ``reasons``, only those that give one of them.

    They come in the order of (``occurred_at`` downwards, ``event_id``), those behind ``after`` only. ``comments`` has a
    column ``comment``: those given with the rating and by its link, as masked by ingest.
    """
    parameters = {"units": list(within), "limit": limit, "reasons": list(reasons), **having._asdict(), **bounds(period)}
    text = statement("read", "ratings")
    if after is not None:
        text = statement("read", "ratings_after").replace(RATINGS, text)
        parameters |= {"limit": ALL, "rows": limit, "after_at": naive(after[0]), "after_id": str(after[1])}
    if comments:
        text = statement("read", "comments").replace(RATINGS, text)
        parameters["id_prefix"] = ID_PREFIX.hex()
    return _rows_in_blocks(client, text, parameters)


def tablets(client: Client, within: Sequence[str], period: Period) -> Rows:
    """The tablets of ``within`` at the period's end: the last tap of the last two weeks, how many people were served
    there since it in the period, the most first, and the newest heartbeat, if it came before that end.
    """
    parameters = {"units": list(within), **bounds(period), "taps_from": naive(period.end - TAPS_LOOKED_BACK)}
    return _rows(client, "tablets", parameters)


def waiting(client: Client, within: Sequence[str], period: Period) -> Rows:
    """Waiting tickets at the end of a day's ``period``, by unit: how many, the issue of the longest waiting, how many
    tickets count as forgotten, and the counters that serve.
    """
    rules = {"forgotten_after_s": FORGOTTEN_AFTER_S, "overtaken_by": OVERTAKEN_BY, "quiet_after_s": QUIET_AFTER_S}
    rows = _rows(client, "waiting", {"units": list(within), **rules, **bounds(period)})
    return [{name: value for name, value in row.items() if name != "since"} for row in rows]


def acknowledgements(client: Client, within: Sequence[str], period: Period) -> Rows:
    """Acknowledgements of alerts in the period, the latest first."""
    return _rows(client, "acknowledgements", {"units": list(within), **bounds(period)})


def dossier(client: Client, code: str) -> dict[str, Any] | None:
    """The present state of a dossier; None without any event."""
    rows = _rows(client, "dossier", {"dossier": code})
    return rows[0] if rows else None


def steps(client: Client, code: str) -> Rows:
    """All events about a dossier as they were sent, the earliest first."""
    return _rows(client, "dossier_steps", {"dossier": code})


def reference_events(client: Client) -> list[dict[str, Any]]:
    """All reference events as they were sent, the earliest first."""
    return [json.loads(row["body"]) for row in _rows(client, "reference_events", {})]


def reference_loads(client: Client, limit: int) -> Rows:
    """The loads of reference data, the latest first, with the event of each in ``body``."""
    return _rows(client, "reference_loads", {"limit": limit})


def source_parts(client: Client, source: str) -> Rows:
    """The events of a source by type, the commonest first."""
    return _rows(client, "source_parts", {"source": source})


def import_sources(client: Client) -> list[str]:
    """The sources of all files that were imported."""
    return [row["import_source"] for row in _rows(client, "import_sources", {})]


def retractions(client: Client, source: str) -> Rows:
    """The retractions of a source, the earliest first, with the event of each in ``body``."""
    return _rows(client, "retractions", {"source": source})


def ratings_by(client: Client, within: Sequence[str], period: Period, by: str) -> Rows:
    """Ratings by ``counter``, ``staff`` or ``device`` of their unit (``within``), by ``procedure`` or ``channel``, or
    by the ``hour`` of the day or the ``weekday`` at which they were given.
    """
    parameters = {
        "units": list(within),
        "by": by,
        **SCALES,
        **bounds(period),
    }
    return _rows(client, "ratings_by", parameters)


def dossiers_by(client: Client, within: Sequence[str], period: Period, by: str) -> Rows:
    """Dossiers received, settled and settled late, by ``procedure``, ``channel``, ``staff`` or ``counter``, or by the
    ``hour`` of the day or the ``weekday`` of that step.
    """
    parameters = {"units": list(within), "by": by, **bounds(period), **days(period)}
    if by == "procedure":
        rows = _rows(client, "dossiers_by_procedure", parameters)
        return [{"within": "", "part": row.pop("procedure"), **row} for row in rows]
    return _rows(client, "dossiers_by_time" if by in TIMES else "dossiers_by", parameters)


def tickets_by_time(client: Client, within: Sequence[str], period: Period, by: str) -> Rows:
    """Tickets called, and in time, by the ``hour`` of the day or the ``weekday``."""
    return _rows(client, "tickets_by_time", {"units": list(within), "by": by, **bounds(period.whole_hours())})


def counted(client: Client, within: Sequence[str], period: Period) -> Rows:
    """Figures that were sent as numbers, of periods that share a day with this one; they count in no indicator."""
    return _rows(client, "counted", {"units": list(within), **days(period)})


def official_dossiers(client: Client, within: Sequence[str], period: Period, staff: str) -> Rows:
    """Each dossier of an official that ended with a result in the period, with the columns that its points need."""
    return _rows(client, "official_dossiers", {"units": list(within), "staff": staff, **bounds(period)})


def procedure_names(client: Client) -> dict[str, tuple[str, str]]:
    """The newest names of all procedures by their codes, Vietnamese and English."""
    return {row["procedure"]: (row["vi"], row["en"]) for row in _rows(client, "procedure_names", {})}


def _rows_in_blocks(client: Client, text: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows streamed from ClickHouse; never more than a block of them is in memory."""
    settings = {"max_block_size": ROWS_OF_A_BLOCK}
    with client.query_row_block_stream(text, parameters=dict(parameters), settings=settings) as stream:
        names = cast("QueryResult", stream.source).column_names
        for block in stream:
            for row in block:
                yield dict(zip(names, row, strict=True))


def _rows(client: Client, name: str, parameters: Mapping[str, Any]) -> Rows:
    return list(client.query(statement("read", name), parameters=dict(parameters)).named_results())
