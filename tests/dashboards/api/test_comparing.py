"""Figures by time, beside the period before, and beside those expected from a unit's mix of procedures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from contract.time import VIETNAM
from dashboards.api.filters import period_before
from tests.support import Stack, event, rating, unit
from warehouse.read.periods import Period

pytestmark = pytest.mark.stack

ROOT, EASY, HARD = "CM", "CM.1", "CM.2"
SOURCE = "test/comparing"
MONDAY, TUESDAY = "2026-03-02", "2026-03-03"


def dossiers(point: str, procedure: str, cases: int, late: int) -> Iterator[dict[str, Any]]:
    """Dossiers settled on the Tuesday at ten, the late ones at three."""
    for n in range(cases):
        code, due = f"{point}-{procedure}-{n}", MONDAY if n < late else TUESDAY
        data = {"procedure": procedure, "due_at": f"{due}T16:00:00+07:00"}
        yield event("dossier.accepted", code, f"{MONDAY}T08:00:00+07:00", unit=point, source=SOURCE, **data)
        at = f"{TUESDAY}T{15 if n < late else 10}:00:00+07:00"
        yield event("dossier.completed", code, at, unit=point, source=SOURCE)


@pytest.fixture(scope="module")
def city(stack: Stack) -> Stack:
    """Two points that settle each procedure alike, one with the easy one, the other with the hard one; the first was
    rated 56 of 70 on the Tuesday and 48 of 80 on the Monday, and called twelve numbers.
    """
    sent = [unit(ROOT, level="branch"), unit(EASY, ROOT), unit(HARD, ROOT)]
    sent += [*dossiers(EASY, "P.EASY", 90, 9), *dossiers(EASY, "P.HARD", 10, 5)]
    sent += [*dossiers(HARD, "P.EASY", 10, 1), *dossiers(HARD, "P.HARD", 90, 45)]
    for day, good, cases in ((TUESDAY, 56, 70), (MONDAY, 48, 80)):
        sent += [
            rating(EASY, f"{day}T{8 + n % 2:02}:{n // 2:02}:00+07:00", 4 if n < good else 1, str(n), source=SOURCE)
            for n in range(cases)
        ]
    for n in range(12):
        for kind, at in (("ticket_issued", "08:00"), ("called", "08:10" if n < 9 else "09:00")):
            sent.append(event(f"queue.{kind}", f"CM-{n}", f"{TUESDAY}T{at}:00+07:00", unit=EASY, source=SOURCE))
    assert stack.send(sent) == []
    stack.wait_stored(SOURCE, len(sent) - 3)
    return stack


def parts(city: Stack, **query: str) -> list[tuple[Any, ...]]:
    answer = city.get("/v1/breakdown", **{"unit": EASY, "from": MONDAY, "to": "2026-03-04", **query})["parts"]
    return [(row["part"], row["n"], row["value"] and round(row["value"], 2)) for row in answer]


def test_ratings_tickets_and_dossiers_are_broken_down_by_hour_and_by_weekday(city: Stack) -> None:
    assert parts(city, of="ratings", by="weekday") == [("1", 80, 60.0), ("2", 70, 80.0)]
    assert [part[:2] for part in parts(city, of="ratings", by="hour")] == [("08", 75), ("09", 75)]
    assert parts(city, of="dossiers", by="hour", unit=HARD) == [("08", 0, None), ("10", 54, 100.0), ("15", 46, 0.0)]
    assert parts(city, of="dossiers", by="weekday") == [("1", 0, None), ("2", 100, 86.0)]
    assert parts(city, of="tickets", by="hour") == [("08", 9, None), ("09", 3, None)]
    assert parts(city, of="tickets", by="weekday") == [("2", 12, 75.0)]


def test_the_cases_of_an_hour_and_a_weekday_are_listed(city: Stack) -> None:
    span = {"unit": HARD, "from": MONDAY, "to": "2026-03-04"}
    assert city.get("/v1/dossiers", counted="settled", hour="15", **span)["total"] == 46
    assert city.get("/v1/dossiers", counted="settled", weekday="1", **span)["total"] == 0
    assert city.get("/v1/dossiers", counted="received", weekday="1", hour="08", **span)["total"] == 100
    assert city.get("/v1/ratings", weekday="1", **{**span, "unit": EASY})["total"] == 80
    assert city.get("/v1/ratings", weekday="1", hour="09", **{**span, "unit": EASY})["total"] == 40


def test_a_difference_between_two_periods_is_beyond_chance_or_not(city: Stack) -> None:
    answer = city.get("/v1/compare", unit=EASY, id="SAT_CSAT", **{"from": TUESDAY, "to": "2026-03-04"})
    assert [
        (period["period"], period["numerator"], period["n"], period["from"][:10]) for period in answer["periods"]
    ] == [
        ("this", 56, 70, TUESDAY),
        ("before", 48, 80, MONDAY),
    ]
    # Newcombe's example (a).
    assert answer["difference"]["value"] == pytest.approx(20)
    assert answer["difference"]["interval"] == pytest.approx((5.24, 33.39), abs=0.005)
    assert answer["difference"]["beyond_chance"] is True
    waits = city.get("/v1/compare", unit=EASY, id="OPS_WAIT_AVG", **{"from": TUESDAY, "to": "2026-03-04"})
    assert waits["difference"] is None


def test_a_unit_with_the_hard_cases_does_as_well_as_its_mix_lets_expect(city: Stack) -> None:
    query = {"of": "dossiers", "from": TUESDAY, "to": "2026-03-04"}
    hard, easy = (city.get("/v1/mix", unit=point, **query) for point in (HARD, EASY))
    assert (hard["value"], hard["expected"], hard["beside"]) == (pytest.approx(54), pytest.approx(54), "as_expected")
    assert (easy["value"], easy["expected"], easy["beside"]) == (pytest.approx(86), pytest.approx(86), "as_expected")
    first = hard["parts"][0]
    assert (first["part"], first["n"], first["share"], first["share_of_all"]) == ("P.HARD", 90, 90, 50)
    assert first["value"] == first["value_of_all"] == 50


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        ("/v1/breakdown", {"of": "tickets", "by": "staff"}, "by hour and weekday"),
        ("/v1/compare", {"id": "SAT_CSAT,OPS_WAIT_AVG"}, "one indicator at a time"),
        ("/v1/mix", {"of": "ratings", "unit": ROOT}, "no other unit of its level"),
    ],
)
def test_an_error_message_names_what_cannot_be_compared(
    city: Stack, path: str, query: dict[str, str], message: str
) -> None:
    answer = httpx.get(f"{city.settings.api_url}{path}", params={"unit": EASY, **query}, trust_env=False)
    assert answer.status_code == 422
    assert message in answer.text


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2026-11-24 00:00", "2026-11-24 10:30", ("2026-11-23 00:00", "2026-11-23 10:30")),
        ("2026-11-18 00:00", "2026-11-24 10:30", ("2026-11-11 00:00", "2026-11-17 10:30")),
        ("2026-11-01 00:00", "2026-12-01 00:00", ("2026-10-01 00:00", "2026-11-01 00:00")),
        ("2026-03-01 00:00", "2026-03-31 08:00", ("2026-02-01 00:00", "2026-02-28 08:00")),
        ("2026-01-01 00:00", "2026-04-01 00:00", ("2025-10-01 00:00", "2026-01-01 00:00")),
        ("2026-11-01 00:00", "2026-11-01 10:30", ("2026-10-31 00:00", "2026-10-31 10:30")),
    ],
)
def test_the_period_before_has_as_many_days_or_months(start: str, end: str, before: tuple[str, str]) -> None:
    def instant(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)

    assert period_before(Period(instant(start), instant(end))) == tuple(map(instant, before))
