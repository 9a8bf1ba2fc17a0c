"""Every indicator's worked example, from events through the store to the figure and its points."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import evaluate
from contract.time import VIETNAM
from docs.indicators import examples
from runtime.settings import Settings
from tests.support import event, logged, own_store, put_lines, unit
from tests.warehouse.test_deadlines import calendar
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=VIETNAM), datetime(2026, 12, 1, tzinfo=VIETNAM))

OF_POINTS = {"unit.defined", "point.capability"}
"""Events whose subject is a unit of its own."""


def instant(text: Any) -> str:
    return datetime.fromisoformat(str(text)).replace(tzinfo=VIETNAM).isoformat()


def level(name: str) -> str:
    return str(examples()[name].get("level", "city"))


def lines(name: str) -> Iterator[bytes]:
    """The events of one example as ingest writes them, at a unit that has no others."""
    if examples()[name].get("calendar"):
        yield from map(logged, [unit(name, calendar="VN", level=level(name)), *calendar()])
    for number, case in enumerate(examples()[name]["cases"]):
        procedure = f"{name}-{number}"
        if "procedure" in case:
            definition = {"name_vi": procedure, **case["procedure"]}
            yield logged(event("procedure.published", procedure, "2026-01-01T00:00:00+07:00", unit="H26", **definition))
        for n in range(case["times"]):
            subject = f"{name}-{number}-{n}"
            for step, (kind, when, *payload) in enumerate(case["events"]):
                given = payload[0] if payload else {}
                data = {key: instant(value) if "due" in key else value for key, value in given.items()}
                if "procedure" in case and not step:
                    data["procedure"] = procedure
                if data.get("dossier") == "THIS":
                    data["dossier"] = subject
                if data.get("territory_unit") == "UNIT":
                    data["territory_unit"] = name
                if data.get("procedure") == "THIS":
                    data["procedure"] = subject
                home = subject if kind in OF_POINTS else name
                body = event(kind, subject, instant(when), unit=home, key=f"{n}/{step}")
                body["data"] |= data
                yield logged(body, datetime.fromisoformat(instant(when)) + timedelta(seconds=case.get("late_s", 0)))


def places(name: str) -> dict[str, str]:
    """The unit of an example and the points that it defines below."""
    points = {
        f"{name}-{number}-{n}": name
        for number, case in enumerate(examples()[name]["cases"])
        if case["events"][0][0] in OF_POINTS
        for n in range(case["times"])
    }
    return {name: name} | points


def test_every_indicator_has_a_worked_example_and_no_other_has() -> None:
    assert {name.partition("/")[0] for name in examples()} == catalogue().indicators.keys()
    assert all(example["rule_vi"].strip() and example["rule_en"].strip() for example in examples().values())


@pytest.fixture(scope="module")
def worked(engine: Settings) -> Iterator[Client]:
    """A store that holds all examples."""
    with own_store(engine, "worked_examples") as store:
        put_lines(store, [line for name in examples() for line in lines(name)])
        yield store


@pytest.mark.parametrize("name", list(examples()))
def test_events_become_the_figure_that_the_rule_gives(worked: Client, name: str) -> None:
    indicator, expected = catalogue().indicators[name.partition("/")[0]], examples()[name]
    figure = evaluate(indicator, counts_of(worked, places(name), NOVEMBER, [indicator])[name])
    assert (figure.status, figure.numerator, figure.denominator) == (
        "ok",
        expected["numerator"],
        expected["denominator"],
    )
    assert figure.value == pytest.approx(expected["value"])
    component = catalogue().rule_set_of[indicator.id].components.get(indicator.id)
    others = {other: catalogue().indicators[other] for other in (component.others() if component else ())}
    counted = counts_of(worked, places(name), NOVEMBER, others.values())[name]
    known = {other: evaluate(entry, counted) for other, entry in others.items()}
    points = component.points(figure, level(name), known).points if component else None
    assert points == expected.get("points")
