"""Every indicator as a statement for Grafana gives what the read API serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from dashboards.api.unit_tree import tree_on
from runtime.settings import Settings
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.grafana_macros import Range, on_the_server
from tests.support import own_store, put
from warehouse.grafana_sql.figures import beyond_doubt, figures
from warehouse.grafana_sql.statements import Members
from warehouse.read.counts import counts, units
from warehouse.read.periods import Period

DAY = date(2026, 3, 13)
INDICATORS = list(catalogue().indicators.values())


def seen(period: Period) -> Range:
    return Range(*(round(instant.timestamp() * 1000) for instant in period))


def asked(store: Client, statement: str, period: Period) -> list[dict[str, Any]]:
    return list(store.query(on_the_server(statement, seen(period))).named_results())


@pytest.fixture(scope="module")
def day(engine: Settings) -> Iterator[Client]:
    with own_store(engine, "statements") as store:
        put(store, read(None).events)
        put(store, list(working_day(hanoi(), DAY, 41, 0.01)))
        yield store


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-03-13T00:00:00", "2026-03-14T00:00:00"), ("2026-03-13T08:17:03.500", "2026-03-13T15:41:59.123")],
)
def test_every_indicator_of_units_and_of_a_level_is_the_figure_that_is_served(
    day: Client, first: str, last: str
) -> None:
    start, end = (datetime.fromisoformat(f"{text}+07:00") for text in (first, last))
    period = Period(start, end)
    tree = tree_on(DAY, units(day), [])
    wanted = {measure for indicator in INDICATORS for measure in indicator.measures()}
    for members, target_of in (
        (Members.of_unit("'H26'"), dict.fromkeys(tree.below("H26"), "H26")),
        (Members.of_level("branch", "'H26'"), tree.members("H26", "branch")),
    ):
        served = counts(day, target_of, period, wanted)
        by_unit = {row["unit"]: row for row in asked(day, figures(INDICATORS, members), period)}
        assert set(by_unit) == set(served)
        known = 0
        for unit, measured in served.items():
            for indicator in INDICATORS:
                figure = evaluate(indicator, measured)
                value, n = by_unit[unit][f"value_{indicator.id}"], by_unit[unit][f"n_{indicator.id}"]
                assert n == figure.denominator, (unit, indicator.id)
                assert value == (None if figure.value is None else pytest.approx(figure.value)), (unit, indicator.id)
                known += figure.value is not None
        assert known > 20


@pytest.mark.parametrize("name", ["SAT_CSAT", "TIM_OVERDUE_RATE", "OPS_WAIT_AVG"])
def test_an_alert_is_given_the_bound_that_is_nearest_to_good(day: Client, name: str) -> None:
    indicator = catalogue().indicators[name]
    start = datetime.fromisoformat(f"{DAY}T00:00:00+07:00")
    period = Period(start, start + timedelta(days=1))
    tree = tree_on(DAY, units(day), [])
    served = counts(day, tree.members("H26", "branch"), period, indicator.measures())
    rows = asked(day, beyond_doubt(indicator, Members.of_level("branch"), "vi"), period)
    expected = {}
    for unit, measured in served.items():
        figure = evaluate(indicator, measured)
        if figure.value is not None:
            low, high = figure.interval or (figure.value, figure.value)
            expected[unit] = pytest.approx(high if indicator.direction == "up" else low)
    assert expected
    assert {row["unit"]: row["bound"] for row in rows} == expected
