"""Warnings of what misses its target for days on end: the rule, and what the read API tells."""

from __future__ import annotations

from typing import Any

import pytest

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Target
from contract.indicators.streaks import OfDay, row_of_misses
from dashboards.pages.supervisor.acknowledge import Acknowledgements
from dashboards.pages.supervisor.streaks import streak_list
from dashboards.texts.by_language import texts_in
from tests.support import Stack, event, unit

TARGET = Target.model_validate({"op": ">=", "value": 90, "valid_from": "2026-01-01", "source": "x"})
BAD, GOOD, NONE = OfDay(50.0, 4), OfDay(90.0, 4), OfDay(None, 0)


@pytest.mark.parametrize(
    ("days", "row"),
    [
        ([], (0, 0)),
        ([BAD, BAD, BAD], (3, 12)),
        ([BAD, GOOD, BAD, BAD], (2, 8)),
        ([BAD, BAD, GOOD], (0, 0)),
        ([GOOD, BAD, NONE, NONE, BAD, NONE], (2, 8)),
        ([NONE, NONE], (0, 0)),
    ],
)
def test_a_row_is_broken_by_a_good_day_and_not_by_a_day_off(days: list[OfDay], row: tuple[int, int]) -> None:
    assert row_of_misses(days, TARGET) == row


def test_what_is_watched_has_a_target_to_miss() -> None:
    watched = [name for warning in catalogue().warnings for name in warning.indicators]
    assert watched
    assert all(catalogue().indicators[name].targets for name in watched)


@pytest.mark.stack
def test_a_unit_that_is_below_for_five_days_is_told_and_one_that_was_not_is_not(stack: Stack) -> None:
    source = "test/lasting"
    sent: list[dict[str, Any]] = [
        unit("LA", level="branch"),
        *(unit(code, "LA") for code in ("LA.1", "LA.2", "LA.3")),
        event("procedure.published", "LA-P", "2026-01-01T00:00:00+07:00", unit="LA", name_vi="P", service_level=4),
    ]

    def day(point: str, of_march: int, online: int, at_desk: int) -> None:
        for n in range(online + at_desk):
            data = {"procedure": "LA-P", "channel": "online" if n < online else "direct"}
            at = f"2026-03-{of_march:02}T09:{n:02}:00+07:00"
            body = event("dossier.submitted", f"{point}-{of_march}-{n}", at, unit=point, source=source)
            sent.append(body | {"data": body["data"] | data})

    # Monday to Friday, and the Monday after a weekend without any; then one that was good on Thursday; then one with
    # too few in all.
    for of_march in (9, 10, 11, 12, 13, 16):
        day("LA.1", of_march, online=1, at_desk=2)
        day("LA.2", of_march, online=3, at_desk=0 if of_march == 12 else 1)
        day("LA.3", of_march, online=0, at_desk=1)
    assert stack.send(sent) == []
    stack.wait_stored(source, sum(body["source"] == source for body in sent))
    answer = stack.get("/v1/warnings", unit="LA", to="2026-03-17T10:00:00+07:00")
    assert (answer["from"][:10], answer["to"][:10]) == ("2026-03-07", "2026-03-17")
    (warning,) = answer["warnings"]
    assert (warning["id"], warning["unit"], warning["indicator"]) == ("WARN_LOW_FULL", "LA.1", "ONL_LISTED_100")
    assert (warning["days"], warning["n"], warning["value"]) == (6, 18, pytest.approx(100 / 3))
    # Today is not over: what is asked at noon of Monday ends with Friday.
    earlier = stack.get("/v1/warnings", unit="LA", to="2026-03-16T12:00:00+07:00")
    assert [warning["days"] for warning in earlier["warnings"]] == [5]
    assert stack.get("/v1/warnings", unit="LA", level="department", to="2026-03-17")["warnings"] == []
    for language in ("vi", "en"):
        shown = streak_list(
            answer["warnings"], {}, Acknowledgements([], lambda _: "?", texts_in(language)), texts_in(language)
        )
        assert warning[f"name_{language}"] in shown
        assert "33,33" in shown or "33.33" in shown
