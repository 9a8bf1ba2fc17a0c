"""The counts behind every figure. Files in sql/ hold the SQL; nothing else computes a count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from contract.indicators.cohorts import OF_PETITIONS, OF_POINTS, OF_PROCEDURES, OF_PUBLICATIONS, cohort
from contract.indicators.measures import DISTRIBUTIONS, HOURLY, MEASURES, QUERIES, Counts, is_cohort, measures_of
from warehouse.read.periods import Period, bounds, days, naive
from warehouse.read.standings import Sums, standing, work
from warehouse.sql import statement

HOURLY_QUERIES = {query: measures_of(query) for query in HOURLY}
"""Each query of counts by hour, and its measures."""

SUMS = "dossier_sums"
MEASURES_OF_SUMS = measures_of(SUMS)
"""Measures that follow from sums of dossiers before the end and before the start of a period."""

INSTANT_QUERIES = {query: measures_of(query) for query in QUERIES if query not in (*HOURLY, SUMS)}
"""Each other query of counts to the instant, and its measures."""

COHORT_QUERIES: dict[str, Set[str]] = {
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


MOST_AT_ONCE = 8
"""Questions behind one answer: as many as the client keeps connections open."""

Question = tuple[str, dict[str, Any]]
"""A query's name and its parameters."""


class UnitRow(NamedTuple):
    """A version of a unit, valid from a day on and to ``valid_to`` (included) where that is known."""

    unit: str
    parent: str
    level: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_to: date | None


class Freshness(NamedTuple):
    """When the newest event was recorded: of those recorded by some moment, and of all; None without any."""

    recorded_at: datetime | None
    last: datetime | None


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
    """All versions of all units, by code and first day."""
    return [UnitRow(*row) for row in client.query(statement("read", "units")).result_rows]


def targets(client: Client) -> list[TargetRow]:
    """All local targets."""
    return [TargetRow(*row) for row in client.query(statement("read", "targets")).result_rows]


def counts(client: Client, target_of: Mapping[str, str], period: Period, wanted: Set[str]) -> dict[str, Counts]:
    """The ``wanted`` measures and cohorts at least, for each target unit.

    ``target_of`` names for each unit the one unit it is counted for. A target without any case has zeros.
    """
    return counts_with_past(client, target_of, period, wanted)[0]


def counts_with_past(
    client: Client, target_of: Mapping[str, str], period: Period, wanted: Set[str]
) -> tuple[dict[str, Counts], set[str]]:
    """The same counts, and the targets with a dossier accepted before the period's end, however long ago.

    The latter are empty when no measure of dossiers is wanted.
    """
    by_target: dict[str, dict[str, Any]] = {target: dict(NO_CASES) for target in target_of.values()}
    names = {"units": list(target_of), "targets": list(target_of.values())}
    hours = {"step": "", **names, **bounds(period.whole_hours())}
    questions = [(name, hours) for name, measures in HOURLY_QUERIES.items() if measures & wanted]
    cohorts = {name: cohort(name) for name in wanted if is_cohort(name)}
    steps = {name.partition("[")[0] for name in cohorts}
    by_day: dict[str, Any] = {**names, **bounds(period), **days(period)}
    questions += [(name, by_day) for name, measures in INSTANT_QUERIES.items() if measures & wanted]
    questions += [(name, by_day) for name, counted in COHORT_QUERIES.items() if counted & steps]
    of_dossiers = bool(steps.difference(*COHORT_QUERIES.values()) or wanted & MEASURES_OF_SUMS)
    if of_dossiers:
        questions.append((SUMS, by_day))
        # Single dossiers are only read on days that the period cuts.
        if by_day["last_day"] == by_day["last_moment"]:
            questions.append(("dossier_end", by_day))
        if by_day["first_day"] < by_day["first_whole_day"]:
            questions.append(("dossier_start", by_day))
    sums = {target: Sums() for target in by_target}
    for query, rows in _answers(client, questions):
        for row in rows:
            target = row.pop("target")
            if query in HOURLY_QUERIES or query in INSTANT_QUERIES:
                by_target[target].update({name: value for name, value in row.items() if name in MEASURES})
            else:
                sums[target].add(**row)
    for target, measures in by_target.items():
        _derive(measures)
        if of_dossiers:
            measures.update(standing(sums[target]) | work(sums[target]))
        measures.update({name: cohort.count(sums[target].cases) for name, cohort in cohorts.items()})
    return dict(by_target), {target for target, target_sums in sums.items() if target_sums.to_end["accepted"]}


def counts_by_hour(
    client: Client, target_of: Mapping[str, str], period: Period, wanted: Set[str]
) -> dict[tuple[str, datetime], Counts]:
    """Those of the ``wanted`` measures that are kept by hour, for each target and hour (UTC) with a case."""
    names = {"units": list(target_of), "targets": list(target_of.values())}
    hours = {"step": "hour", **names, **bounds(period.whole_hours())}
    by_hour: defaultdict[tuple[str, datetime], dict[str, Any]] = defaultdict(lambda: dict(NO_CASES))
    for _, rows in _answers(client, [(name, hours) for name, measures in HOURLY_QUERIES.items() if measures & wanted]):
        for row in rows:
            measures = by_hour[row["target"], row["starts_at"].replace(tzinfo=UTC)]
            measures.update({name: value for name, value in row.items() if name in MEASURES})
    for measures in by_hour.values():
        _derive(measures)
    return dict(by_hour)


def _derive(measures: dict[str, Any]) -> None:
    measures["waits"] = sum(measures["waits_s"].values())
    measures["waited_s"] = sum(seconds * cases for seconds, cases in measures["waits_s"].items())


def _answers(client: Client, questions: Sequence[Question]) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
    """Answers of all questions, asked in parallel: planning one takes ClickHouse longer than computing most answers."""

    def ask(question: Question) -> tuple[str, Iterable[dict[str, Any]]]:
        name, parameters = question
        return name, client.query(statement("read", name), parameters=parameters).named_results()

    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        yield from threads.map(ask, questions)


def series(client: Client, within: Sequence[str], period: Period, step: str) -> list[dict[str, Any]]:
    """Counts by ``hour`` or ``day`` of Vietnam, the earliest first; hours without any case are left out."""
    names = {"units": list(within), "targets": [""] * len(within), "step": step, **bounds(period.whole_hours())}
    steps_at: defaultdict[datetime, dict[str, Any]] = defaultdict(lambda: dict(NO_STEPS))
    for query in ("rating_counts", "ticket_counts", "dossier_hour_counts"):
        for row in client.query(statement("read", query), parameters=names).named_results():
            steps_at[row["starts_at"]].update({name: value for name, value in row.items() if name in NO_STEPS})
    return [{"starts_at": starts_at, **steps_at[starts_at]} for starts_at in sorted(steps_at)]


def by_hour(client: Client, within: Sequence[str], period: Period) -> dict[tuple[str, datetime], dict[str, Any]]:
    """All counts that are kept by unit and hour (UTC), for each unit-hour with a row."""
    names = {"units": list(within), "targets": list(within), "step": "hour", **bounds(period.whole_hours())}
    by_place: defaultdict[tuple[str, datetime], dict[str, Any]] = defaultdict(dict)
    for query in ("rating_counts", "ticket_counts", "dossier_hour_counts", "event_counts"):
        for row in client.query(statement("read", query), parameters=names).named_results():
            place = row.pop("target"), row.pop("starts_at").replace(tzinfo=UTC)
            by_place[place].update(row)
    return by_place


def stored(client: Client, source: str) -> tuple[int, int]:
    """How many distinct events of a source are stored, and how many of them the figures include."""
    rows, counted = client.query(statement("read", "stored"), parameters={"source": source}).result_rows[0]
    return int(rows), int(counted)


def freshness(client: Client, until: datetime) -> Freshness:
    """When the newest event that the figures include was recorded, of those recorded by ``until`` and of all."""
    at = {"until": naive(until)}
    newest, last = (
        None if instant is None else instant.replace(tzinfo=UTC)
        for instant in client.query(statement("read", "freshness_by"), parameters=at).result_rows[0]
    )
    if last is not None and last > until:
        [[beside]] = client.query(statement("read", "freshness_ahead"), parameters=at).result_rows
        newest = max(filter(None, (newest, beside and beside.replace(tzinfo=UTC))), default=None)
    return Freshness(newest, last)
