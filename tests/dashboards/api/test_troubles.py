"""Who misses a target beyond doubt: one verdict in the read API, on the page and in Grafana's alert rules."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Figure, Target, evaluate
from contract.indicators.verdict import WATCHED, Verdict, miss_in_points, verdict
from dashboards.api.app import make_api
from runtime.settings import Settings
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.asked_api import AskedApi
from tests.dashboards.rule_of_rankings import in_trouble
from tests.grafana_macros import Range, on_the_server
from tests.support import own_store, put
from warehouse.grafana_sql.figures import beyond_doubt
from warehouse.grafana_sql.statements import Members

DATABASE = "troubles"
CITY = {"unit": "H26", "from": "2026-03-13", "to": "2026-03-14"}
BOTH = [datetime.fromisoformat(f"2026-03-{day}T00:00:00+07:00") for day in (13, 14)]
AT_LEAST, AT_MOST = (
    Target(op=op, value=value, valid_from=date(2020, 1, 1), source="test") for op, value in ((">=", 95.0), ("<=", 15.0))
)


def figure(value: float | None, interval: tuple[float, float] | None = None) -> Figure:
    return Figure("insufficient" if value is None else "ok", value, value, 100.0, 100, interval)


@pytest.mark.parametrize(
    ("measured", "target", "expected"),
    [
        (figure(None), AT_LEAST, "too_few"),
        (figure(None), None, "too_few"),
        (figure(50.0), None, "none"),
        (figure(95.0, (90.0, 98.0)), AT_LEAST, "met"),
        (figure(94.0, (88.0, 97.0)), AT_LEAST, "missed"),
        (figure(94.0, (88.0, 95.0)), AT_LEAST, "missed"),
        (figure(80.0, (71.0, 86.7)), AT_LEAST, "missed_beyond_doubt"),
        (figure(15.0), AT_MOST, "met"),
        (figure(15.1), AT_MOST, "missed_beyond_doubt"),
        (figure(20.0, (15.0, 26.0)), AT_MOST, "missed"),
        (figure(20.0, (15.1, 26.0)), AT_MOST, "missed_beyond_doubt"),
    ],
)
def test_a_miss_is_beyond_doubt_when_the_whole_interval_misses(
    measured: Figure, target: Target | None, expected: Verdict
) -> None:
    assert verdict(measured, target) == expected


def test_misses_are_compared_in_points_of_a_hundred() -> None:
    assert miss_in_points(figure(80.0, (71.0, 85.0)), AT_LEAST, "percent") == 10
    assert miss_in_points(figure(30.0), AT_MOST, "minutes") == 100


@pytest.fixture(scope="module")
def store(engine: Settings) -> Iterator[Client]:
    """A small working day of the whole city."""
    with own_store(engine, DATABASE) as store:
        put(store, read(None).events)
        put(store, list(working_day(hanoi(), date(2026, 3, 13), 41, 0.01)))
        yield store


@pytest.fixture(scope="module")
def api(store: Client, engine: Settings) -> Iterator[AskedApi]:
    assert store.database == DATABASE
    settings = Settings(clickhouse_url=engine.clickhouse_url, clickhouse_database=DATABASE)
    with asyncio.Runner() as runner:
        yield AskedApi(make_api(settings), runner)


def rankings(api: AskedApi) -> list[dict[str, Any]]:
    query = {**CITY, "ids": ",".join(WATCHED)}
    return [api.get("/v1/ranking", {**query, "level": level}).json() for level in ("service_point", "branch")]


def test_the_troubles_are_those_of_the_rule_of_rankings_in_its_order(api: AskedApi) -> None:
    answer = api.get("/v1/troubles", CITY).json()
    ours = [
        (trouble["unit"], trouble["level"], [entry["id"] for entry in trouble["figures"]])
        for trouble in answer["troubles"]
    ]
    pages = [
        (trouble.unit, trouble.level, [entry["id"] for entry in trouble.figures])
        for trouble in in_trouble(rankings(api))
    ]
    assert ours == pages
    assert len({name for *_, names in ours for name in names}) > 1, "one kind of trouble proves little"
    assert {level for _, level, _ in ours} == {"service_point", "branch"}
    listed = [entry for ranking in rankings(api) for figures in ranking["rankings"].values() for entry in figures]
    assert answer["figures_with_value"] == sum(entry["status"] == "ok" for entry in listed) > 0
    missed = {(entry["unit"], entry["id"]) for entry in listed if entry["verdict"] == "missed_beyond_doubt"}
    assert missed == {(unit, name) for unit, _, names in ours for name in names}
    assert {entry["verdict"] for entry in listed} == {"met", "missed", "missed_beyond_doubt", "too_few"}


def test_the_statement_of_grafanas_alert_rules_finds_the_same_service_points(api: AskedApi, store: Client) -> None:
    ranked = rankings(api)[0]["rankings"]
    seen = Range(*(round(instant.timestamp() * 1000) for instant in BOTH))
    for name in WATCHED:
        indicator = catalogue().indicators[name]
        target = indicator.target_on(BOTH[0].date(), "service_point")
        assert target
        statement = beyond_doubt(indicator, Members.of_level("service_point"), "vi")
        bounds = {row["unit"]: row["bound"] for row in store.query(on_the_server(statement, seen)).named_results()}
        missed = {unit for unit, bound in bounds.items() if not target.is_met_by(bound)}
        assert missed == {row["unit"] for row in ranked[name] if row["verdict"] == "missed_beyond_doubt"}, name
        assert bounds.keys() == {row["unit"] for row in ranked[name] if row["verdict"] != "too_few"}, name


def test_a_file_has_a_row_for_each_figure(api: AskedApi) -> None:
    answer = api.get("/v1/troubles", {**CITY, "level": "branch"}).json()
    assert answer["levels"] == ["branch"]
    text = api.get("/v1/troubles", {**CITY, "level": "branch", "format": "csv"}).content.decode("utf-8-sig")
    rows = [
        (row["unit"], row["unit_name_en"], row["level"], row["id"], row["verdict"])
        for row in csv.DictReader(io.StringIO(text))
    ]
    assert rows == [
        (trouble["unit"], trouble["unit_name_en"], "branch", entry["id"], "missed_beyond_doubt")
        for trouble in answer["troubles"]
        for entry in trouble["figures"]
    ]
    assert rows


def test_other_indicators_can_be_asked_for(api: AskedApi) -> None:
    troubles = api.get("/v1/troubles", {**CITY, "ids": "SAT_CSAT"}).json()["troubles"]
    assert {figure["id"] for trouble in troubles for figure in trouble["figures"]} == {"SAT_CSAT"}


def test_a_figure_of_the_catalogue_is_judged_by_its_own_target() -> None:
    waits = catalogue().indicators["OPS_WAIT_AVG"]
    target = waits.target_on(date(2026, 3, 13), "service_point")
    counts = dict.fromkeys(waits.measures(), 0.0) | {"waits": 40.0, "waited_s": 40.0 * 3600}
    assert verdict(evaluate(waits, counts), target) == "missed_beyond_doubt"
