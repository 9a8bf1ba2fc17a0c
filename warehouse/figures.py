"""Every SELECT behind a figure, as functions. Files in queries/ hold the SQL; nothing else computes a count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from contract.cohorts import OF_PETITIONS, OF_POINTS, OF_PROCEDURES, OF_PUBLICATIONS, cohort
from contract.measures import DISTRIBUTIONS, MEASURES, STANDING, Counts, is_cohort
from warehouse.standings import Sums, standing
from warehouse.working_time import VIETNAM

MADE_BY: dict[str, Set[str]] = {
    "rating_counts": {"answered", "satisfied", "very_answered", "very_satisfied"},
    "ticket_counts": {
        *("tickets_issued", "tickets_called", "tickets_called_in_time", "tickets_served", "tickets_abandoned"),
        *("waits", "waited_s", "waits_s", "handlings", "handled_s"),
    },
    "event_counts": {"events", "delays_s"},
}
"""Each query of counts by hour and the measures of contract/measures.py that it takes part in."""

COHORTS_BY: dict[str, Set[str]] = {
    "procedure_counts": OF_PROCEDURES,
    "publication_counts": OF_PUBLICATIONS,
    "petition_counts": OF_PETITIONS,
    "point_counts": OF_POINTS,
}
"""Each query of cohorts of others than dossiers, and the steps that it counts."""

NO_CASES: Counts = {name: ({} if name in DISTRIBUTIONS else 0.0) for name in MEASURES}

NO_STEPS: dict[str, Any] = {
    **dict.fromkeys(("answered", "satisfied", "tickets_issued", "tickets_called", "tickets_served"), 0),
    "waits_s": {},
    **dict.fromkeys(("dossiers_received", "dossiers_completed", "dossiers_late"), 0),
}


TAPS_LOOKED_BACK = timedelta(days=14)

MOST_AT_ONCE = 8
"""Questions behind one answer: as many as the client keeps connections open."""

Question = tuple[str, dict[str, Any]]
"""A query's name and its parameters."""


class Period(NamedTuple):
    """A half-open stretch of time, in UTC."""

    start: datetime
    end: datetime

    def whole_hours(self) -> Period:
        """The stretch of whole hours that holds this one; counts by unit-hour cannot be cut finer."""
        start = self.start.replace(minute=0, second=0, microsecond=0)
        end = self.end.replace(minute=0, second=0, microsecond=0)
        return Period(start, end if end == self.end else end + timedelta(hours=1))


class UnitRow(NamedTuple):
    """A unit as it is today."""

    unit: str
    parent: str
    level: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None


class TargetRow(NamedTuple):
    """A local target; ``value`` in the indicator's shown unit."""

    unit: str
    indicator: str
    op: str
    value: float
    valid_from: date
    valid_to: date | None
    source: str


def units(client: Client) -> list[UnitRow]:
    """All units, by code."""
    return [UnitRow(*row) for row in client.query(_sql("units")).result_rows]


def targets(client: Client) -> list[TargetRow]:
    """All local targets."""
    return [TargetRow(*row) for row in client.query(_sql("targets")).result_rows]


def counts(client: Client, target_of: Mapping[str, str], period: Period, wanted: Set[str]) -> dict[str, Counts]:
    """The ``wanted`` measures and cohorts at least, for each target unit.

    ``target_of`` names for each unit the one unit it is counted for. A target without any case has zeros.
    """
    found: dict[str, dict[str, Any]] = {target: dict(NO_CASES) for target in target_of.values()}
    names = {"units": list(target_of), "targets": list(target_of.values())}
    hours = {"step": "", **names, **_bounds(period.whole_hours())}
    asked = [(name, hours) for name, measures in MADE_BY.items() if measures & wanted]
    cohorts = {name: cohort(name) for name in wanted if is_cohort(name)}
    steps = {name.partition("[")[0] for name in cohorts}
    days: dict[str, Any] = {**names, **_bounds(period), **_days(period)}
    asked += [(name, days) for name, counted in COHORTS_BY.items() if counted & steps]
    of_dossiers = bool(steps.difference(*COHORTS_BY.values()) or wanted & STANDING)
    if of_dossiers:
        asked += [("dossier_sums", days), ("dossier_end", days)]
        if days["first_day"] < days["first_whole_day"]:
            asked.append(("dossier_start", days))
    sums = {target: Sums() for target in found}
    for query, rows in _answers(client, asked):
        for row in rows:
            target = row.pop("target")
            if query in MADE_BY:
                found[target].update({name: value for name, value in row.items() if name in MEASURES})
            else:
                sums[target].add(**row)
    for target, measures in found.items():
        measures["waits"] = sum(measures["waits_s"].values())
        measures["waited_s"] = sum(seconds * cases for seconds, cases in measures["waits_s"].items())
        if of_dossiers:
            measures.update(standing(sums[target]))
        measures.update({name: cohort.count(sums[target].cases) for name, cohort in cohorts.items()})
    return dict(found)


def _answers(client: Client, asked: Sequence[Question]) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Asks all at once: planning a question takes the store longer than most answers."""

    def ask(question: Question) -> tuple[str, Iterable[dict[str, Any]]]:
        name, parameters = question
        return name, client.query(_sql(name), parameters=parameters).named_results()

    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        yield from threads.map(ask, asked)


def dossiers(
    client: Client, within: Sequence[str], period: Period, state: str, has_due: bool | None, limit: int, offset: int
) -> list[dict[str, Any]]:
    """Dossiers of ``within`` received in the period, each with its standing at the end and the ``total`` found."""
    parameters = {
        "units": list(within),
        "state": state,
        "has_due": -1 if has_due is None else int(has_due),
        "limit": limit,
        "offset": offset,
        **_bounds(period),
    }
    return list(client.query(_sql("dossiers"), parameters=parameters).named_results())


def ratings(
    client: Client, within: Sequence[str], period: Period, limit: int, reasons: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Ratings of a period, the latest first; with ``reasons``, only those that give one of them."""
    parameters = {"units": list(within), "limit": limit, "reasons": list(reasons), **_bounds(period)}
    return list(client.query(_sql("ratings"), parameters=parameters).named_results())


def tablets(client: Client, within: Sequence[str], period: Period) -> list[dict[str, Any]]:
    """The tablets of ``within`` at the period's end: the last tap of the last two weeks, and how many people were
    served there since it in the period; the most first.
    """
    parameters = {"units": list(within), **_bounds(period), "taps_from": _naive(period.end - TAPS_LOOKED_BACK)}
    return list(client.query(_sql("tablets"), parameters=parameters).named_results())


def series(client: Client, within: Sequence[str], period: Period, step: str) -> list[dict[str, Any]]:
    """Counts by ``hour`` or ``day`` of Vietnam, the earliest first; hours without any case are left out."""
    names = {"units": list(within), "targets": [""] * len(within), "step": step, **_bounds(period.whole_hours())}
    found: defaultdict[datetime, dict[str, Any]] = defaultdict(lambda: dict(NO_STEPS))
    for query in ("rating_counts", "ticket_counts", "dossier_hour_counts"):
        for row in client.query(_sql(query), parameters=names).named_results():
            found[row["starts_at"]].update({name: value for name, value in row.items() if name in NO_STEPS})
    return [{"starts_at": starts_at, **found[starts_at]} for starts_at in sorted(found)]


def by_hour(client: Client, within: Sequence[str], period: Period) -> dict[tuple[str, datetime], dict[str, Any]]:
    """Everything that is kept by unit and hour (UTC), for each unit-hour with a row."""
    names = {"units": list(within), "targets": list(within), "step": "hour", **_bounds(period.whole_hours())}
    found: defaultdict[tuple[str, datetime], dict[str, Any]] = defaultdict(dict)
    for query in ("rating_counts", "ticket_counts", "dossier_hour_counts", "event_counts"):
        for row in client.query(_sql(query), parameters=names).named_results():
            place = row.pop("target"), row.pop("starts_at").replace(tzinfo=UTC)
            found[place].update(row)
    return found


def stored(client: Client, source: str) -> tuple[int, int]:
    """How many distinct events of a source are stored, and how many of them the figures hold already."""
    rows, counted = client.query(_sql("stored"), parameters={"source": source}).result_rows[0]
    return int(rows), int(counted)


def freshness(client: Client) -> datetime | None:
    """When the newest event that the figures hold was recorded; None without any."""
    recorded: datetime | None = client.query(_sql("freshness")).result_rows[0][0]
    return None if recorded is None else recorded.replace(tzinfo=UTC)


def _bounds(period: Period) -> dict[str, datetime]:
    return {"start": _naive(period.start), "end": _naive(period.end)}


def _days(period: Period) -> dict[str, date]:
    """Days of Vietnam: on which it starts and ends, the first that it holds from midnight, that of its last moment."""
    first, last = (instant.astimezone(VIETNAM) for instant in period)
    return {
        "first_day": first.date(),
        "first_whole_day": first.date() + timedelta(days=first.time() != time()),
        "last_day": last.date(),
        "last_moment": (last - timedelta(milliseconds=1)).date(),
    }


def _naive(instant: datetime) -> datetime:
    # The client writes an aware datetime in the process's own zone; a naive one as it stands.
    return instant.astimezone(UTC).replace(tzinfo=None)


@cache
def _sql(name: str) -> str:
    return files("warehouse").joinpath("queries", f"{name}.sql").read_text()
