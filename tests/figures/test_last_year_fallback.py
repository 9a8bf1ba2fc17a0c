"""Decision 766, 1.4: a period without dossiers is held against a part of last year's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Figure, evaluate, fallback_key
from contract.indicators.measures import Counts, terms
from contract.time import VIETNAM
from tests.support import event, put, unit
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period, parts_of_year, year_before
from warehouse.verify.one_figure import events_to_read, recount
from warehouse.verify.verify import Verification

INDICATOR = catalogue().indicators["Q766_1_4"]
COMPONENT = catalogue().rule_set_of["Q766_1_4"].components["Q766_1_4"]
NOTHING: Mapping[str, float] = {"accepted": 0, "accepted[synced]": 0}


def period(first: str, after: str) -> Period:
    return Period(*(datetime.fromisoformat(day).replace(tzinfo=VIETNAM) for day in (first, after)))


@pytest.mark.parametrize(
    ("first", "after", "parts"),
    [
        ("2026-11-01", "2026-12-01", 12),
        ("2026-12-01", "2027-01-01", 12),
        ("2026-10-01", "2027-01-01", 4),
        ("2026-01-01", "2027-01-01", 1),
        ("2026-02-01", "2026-05-01", None),  # three months, no quarter
        ("2026-11-01", "2026-11-30", None),
        ("2026-11-02", "2026-12-02", None),
        ("2026-07-01", "2027-07-01", None),
        ("2026-11-20", "2026-11-21", None),
    ],
)
def test_months_quarters_and_years_are_parts_of_a_year(first: str, after: str, parts: int | None) -> None:
    assert parts_of_year(period(first, after)) == parts
    assert year_before(period(first, after)) == period("2025-01-01", "2026-01-01")


def test_last_years_twelve_thousand_are_a_thousand_for_a_month() -> None:
    # The vector of the rule: denominator 0, last year 12,000, a month.
    figure = evaluate(INDICATOR, {**NOTHING, fallback_key(INDICATOR.id): 12_000 / 12})
    assert (figure.denominator, figure.value, figure.status) == (1_000, 0, "ok")
    assert COMPONENT.points(figure, "city").points == 0


def test_what_was_accepted_in_the_period_needs_no_loan_and_nothing_at_all_is_no_points() -> None:
    counts: Counts = {"accepted": 20, "accepted[synced]": 15, fallback_key(INDICATOR.id): 1_000}
    assert evaluate(INDICATOR, counts).denominator == 20
    none = evaluate(INDICATOR, NOTHING)
    assert (none.status, none.value) == ("not_available", None)
    assert COMPONENT.points(none, "city").points == 0
    # Only an indicator with the rule takes last year's denominator.
    other = catalogue().indicators["SUP_RATE"]
    assert (
        evaluate(other, {"accepted": 0, "accepted[supplemented]": 0, fallback_key(other.id): 9}).status
        == "not_available"
    )


def figure(store: Client, of: Period, name: str = "A") -> Figure:
    return evaluate(INDICATOR, counts_of(store, {name: name, f"{name}.1": name}, of, [INDICATOR])[name])


def city(name: str, month: str, years: Mapping[int, int]) -> list[dict[str, Any]]:
    """A city with so many dossiers accepted in a month of some years."""
    return [
        unit(name, level="city"),
        *(
            event("dossier.accepted", f"{name}-{year}-{n}", f"{year}-{month}-10T09:00:00+07:00", unit=name)
            for year, cases in years.items()
            for n in range(cases)
        ),
    ]


def test_what_is_lent_are_accepted_dossiers() -> None:
    # A unit that never had a dossier is not read (read/last_year_fallback.py).
    lending = [indicator for indicator in catalogue().indicators.values() if indicator.lent_by]
    assert lending
    assert {term.measure for indicator in lending for term in terms(indicator.denominator)} == {"accepted"}


def test_a_recount_from_raw_events_reads_the_year_that_lends_and_says_which(store: Client) -> None:
    put(store, [*city("A", "03", {2024: 36, 2025: 120}), *city("B", "11", {2025: 24, 2026: 12}), *city("C", "04", {})])
    november = period("2026-11-01", "2026-12-01")
    lent_to_a = recount(store, INDICATOR, ["A"], november)
    assert (lent_to_a.agreement, lent_to_a.lent_by, lent_to_a.recounted["denominator"]) == ("equal", 2025, 10)
    assert lent_to_a.events_read >= 120
    part = period("2026-11-02", "2026-12-01")
    assert events_to_read(store, INDICATOR, ["A"], november) >= events_to_read(store, INDICATOR, ["A"], part) + 120
    # Of its own, nothing taken and nothing read of the year before; no part of a year; nothing last year either.
    own = recount(store, INDICATOR, ["B"], november)
    assert (own.agreement, own.lent_by, own.recounted["denominator"]) == ("equal", None, 12)
    assert events_to_read(store, INDICATOR, ["B"], november) == events_to_read(store, INDICATOR, ["B"], part)
    short, none = (recount(store, INDICATOR, [name], when) for name, when in (("A", part), ("C", november)))
    assert [(one.agreement, one.lent_by, one.recounted["value"]) for one in (short, none)] == [
        ("equal", None, None)
    ] * 2


def test_the_store_lends_a_part_of_the_year_before_to_a_unit_without_dossiers(store: Client) -> None:
    units = [unit("A", level="city"), unit("A.1", "A"), unit("B", level="city")]
    accepted = [
        event("dossier.accepted", f"D{n}", f"2025-{1 + n % 12:02}-10T09:00:00+07:00", unit="A.1", channel="direct")
        for n in range(240)
    ]
    now = [event("dossier.accepted", f"N{n}", "2026-10-05T09:00:00+07:00", unit="A.1") for n in range(12)]
    put(store, [*units, *accepted, *now])
    assert figure(store, period("2026-11-01", "2026-12-01")).denominator == 20
    assert figure(store, period("2026-07-01", "2026-10-01")).denominator == 60
    assert figure(store, period("2027-01-01", "2028-01-01")).denominator == 12
    # October had dossiers of its own; a day is no part of a year; B had nothing last year either.
    assert figure(store, period("2026-10-01", "2026-11-01")).denominator == 12
    assert figure(store, period("2026-11-20", "2026-11-21")).status == "not_available"
    assert figure(store, period("2026-11-01", "2026-12-01"), "B").status == "not_available"


def test_a_verification_recounts_what_is_lent(store: Client) -> None:
    put(store, [*city("A", "03", {2025: 120}), unit("A.1", "A"), *city("B", "11", {2025: 24, 2026: 12})])
    month = Verification(store, date(2026, 11, 1), date(2026, 11, 30))
    assert list(month.run())
    assert month.differences == []
    # A month that is cut borrows nothing.
    part = Verification(store, date(2026, 11, 1), date(2026, 11, 29))
    assert list(part.run())
    assert part.differences == []
    # What goes missing of the year before shows in who borrows from it, and only there.
    store.command(
        "ALTER TABLE months_of_dossiers UPDATE cases = map() WHERE month = '2025-03-01' SETTINGS mutations_sync = 1"
    )
    spoilt = Verification(store, date(2026, 11, 1), date(2026, 11, 30))
    assert list(spoilt.run())
    assert {(difference.unit, difference.period) for difference in spoilt.differences} == {("A", "2026-11")}
    assert {difference.what.partition(" ")[0] for difference in spoilt.differences} == {INDICATOR.id}
