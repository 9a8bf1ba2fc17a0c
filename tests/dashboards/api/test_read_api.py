"""The read API on the running stack: the fields of every figure, and the responses to wrong requests."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from dashboards.api.unit_tree import REREAD_S
from tests.support import Stack, event, rating, unit

pytestmark = pytest.mark.stack

ROOT, POINTS = "RA", ("RA.1", "RA.2", "RA.3")
DAY = {"from": "2026-03-02", "to": "2026-03-03"}


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    """Three points: one pleases 20 of 20, one 5 of 20, one was rated nine times only."""
    units = [unit(ROOT, level="branch"), *(unit(code, ROOT, name_vi=f"Điểm {code}") for code in POINTS)]
    taps = [
        rating(point, f"2026-03-02T{8 + n % 8:02}:00:00+07:00", 4 if n < pleased else 1, key=str(n), source="test/api")
        for point, pleased, cases in zip(POINTS, (20, 5, 9), (20, 20, 9), strict=True)
        for n in range(cases)
    ]
    midnight = [
        rating(POINTS[0], f"2026-03-0{time}+07:00", 4, key="edge", source="test/api")
        for time in ("3T23:59:59", "4T00:00:01")
    ]
    assert stack.send(units + taps + midnight) == []
    stack.wait_stored("test/api", len(taps) + 2)
    return stack


def test_a_figure_has_its_cases_interval_target_and_rule_set(office: Stack) -> None:
    figure = office.figures(ROOT, **DAY)["SAT_CSAT"]
    assert (figure["numerator"], figure["denominator"], figure["n"], figure["status"]) == (34, 49, 49, "ok")
    assert figure["value"] == pytest.approx(69.39, abs=0.01)
    # Wilson's interval of 34 in 49.
    assert figure["interval"] == pytest.approx([55.46, 80.49], abs=0.05)
    assert figure["target"]["op"] == ">="
    assert (figure["target"]["value"], figure["rule_set"]) == (95, "qd468")
    assert (figure["from"], figure["to"]) == ("2026-03-02T00:00:00+07:00", "2026-03-03T00:00:00+07:00")
    assert figure["as_of"]


def test_no_data_is_not_available_and_few_are_not_shown(office: Stack) -> None:
    few = office.figures(POINTS[2], **DAY)["SAT_CSAT"]
    assert (few["status"], few["n"]) == ("insufficient", 9)
    assert few["value"] is few["numerator"] is few["interval"] is None
    none = office.figures(ROOT, **DAY)["Q766_2_1"]
    assert (none["status"], none["value"]) == ("not_available", None)


def test_the_worst_comes_first_and_the_unknown_last(office: Stack) -> None:
    ranking = office.get("/v1/ranking", unit=ROOT, ids="SAT_CSAT", **DAY)["rankings"]["SAT_CSAT"]
    assert [row["unit"] for row in ranking] == ["RA.2", "RA.1", "RA.3"]
    assert ranking[0]["unit_name_vi"] == "Điểm RA.2"


def test_severe_reasons_can_be_asked_for_alone(office: Stack) -> None:
    reasons_by_key = {"mild": ["waiting_too_long"], "severe": ["attitude", "insulted"], "none": [], "other": ["X-1"]}
    day = {"from": "2026-03-10", "to": "2026-03-11"}
    taps = [
        rating(POINTS[1], "2026-03-10T09:00:00+07:00", 1, key=key, source="test/api3", reasons=reasons)
        for key, reasons in reasons_by_key.items()
    ]
    assert office.send(taps) == []
    office.wait_stored("test/api3", len(taps))
    answer = [office.get("/v1/ratings", unit=ROOT, **day, **severe)["ratings"] for severe in ({}, {"severe": "true"})]
    assert sorted(row["reasons"] for row in answer[0]) == sorted(reasons_by_key.values())
    assert [row["reasons"] for row in answer[1]] == [["attitude", "insulted"]]


def test_a_day_begins_and_ends_at_midnight_in_vietnam(office: Stack) -> None:
    days = [office.figures(POINTS[0], **{"from": f"2026-03-0{day}", "to": f"2026-03-0{day + 1}"}) for day in (3, 4)]
    assert [figures["SAT_CSAT"]["n"] for figures in days] == [1, 1]


def test_a_local_target_goes_before_the_catalogues(office: Stack) -> None:
    body: dict[str, Any] = {"indicator": "SAT_CSAT", "op": ">=", "value": 60, "valid_from": "2026-01-01"}
    target = event("target.defined", "RA.1/SAT_CSAT", "2026-01-01T00:00:00+07:00", unit="RA.1", key="", **body)
    target["data"]["source"] = "Kế hoạch thử"
    other = rating(POINTS[0], "2026-03-05T08:00:00+07:00", source="test/api2")
    assert office.send([target, other]) == []
    office.wait_stored("test/api2", 1)
    # The API reads the tree again every few seconds; a fresh query waits for it.
    time.sleep(REREAD_S + 1)
    assert office.figures("RA.1", **DAY)["SAT_CSAT"]["target"]["value"] == 60
    assert office.figures("RA.2", **DAY)["SAT_CSAT"]["target"]["value"] == 95


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        pytest.param({"unit": "NOBODY"}, 404, "NOBODY", id="unknown unit"),
        pytest.param({"unit": ROOT, "ids": "SAT_CSAT,NONSENSE"}, 422, "NONSENSE", id="unknown indicator"),
        pytest.param({"unit": ROOT, "from": "02/03/2026"}, 422, "02/03/2026", id="no date"),
        pytest.param({"unit": ROOT, "from": "2026-03-02", "to": "2026-03-02"}, 422, "before", id="empty period"),
    ],
)
def test_a_wrong_request_gets_a_clear_error_message(
    office: Stack, query: dict[str, str], status: int, message: str
) -> None:
    answer = httpx.get(f"{office.settings.api_url}/v1/indicators", params=query, trust_env=False)
    assert answer.status_code == status
    assert message in answer.json()["detail"]


@pytest.fixture(scope="module")
def scored(stack: Stack) -> Stack:
    """Two points with ten dossiers each: nine of the first are on time and all are synced, none of the second."""
    units = [unit("RS", level="branch"), unit("RS.1", "RS"), unit("RS.2", "RS")]
    day, due = "2026-04-06", "2026-04-08T17:00:00+07:00"
    steps: list[dict[str, Any]] = []

    def step(kind: str, point: str, n: int, when: str, **data: Any) -> None:
        steps.append(
            event(f"dossier.{kind}", f"{point}-{n}", f"{when}+07:00", unit=point, source="test/scores", **data)
        )

    for point in ("RS.1", "RS.2"):
        for n in range(10):
            step("accepted", point, n, f"{day}T08:00:00", due_at=due)
            step("completed", point, n, "2026-04-09T08:00:00" if point == "RS.2" or not n else "2026-04-08T18:00:00")
            if point == "RS.1":
                step("synced", point, n, "2026-04-09T09:00:00", status="9")
    assert stack.send(units + steps) == []
    stack.wait_stored("test/scores", len(steps))
    return stack


APRIL = {"from": "2026-04-01", "to": "2026-05-01"}


def test_a_score_has_its_points_and_the_attainable_ones(scored: Stack) -> None:
    answer = scored.get("/v1/scores", unit="RS.1", **APRIL)
    assert (answer["rule_set"], answer["max_points"]) == ("qd766", 100)
    (score,) = answer["scores"]
    cards = {card["id"]: card for card in score["cards"]}
    assert (cards["TDGQ"]["points"], cards["TDGQ"]["attainable"]) == (18.0, 20)
    parts = {part["indicator"]: part for card in score["cards"] for part in card["components"]}
    assert (parts["Q766_1_4"]["points"], parts["Q766_1_4"]["status"]) == (6.0, "ok")
    assert (parts["Q766_1_2"]["points"], parts["Q766_1_2"]["status"]) == (4.0, "granted")
    assert (parts["Q766_3_6"]["points"], parts["Q766_3_6"]["status"]) == (None, "no_cases")
    assert (parts["Q766_5_2"]["points"], parts["Q766_5_2"]["status"]) == (6.0, "no_cases")
    assert (parts["Q766_3_2"]["points"], parts["Q766_3_2"]["status"]) == (None, "no_cases")
    assert score["points"] == pytest.approx(sum(card["points"] for card in score["cards"]))
    assert score["points"] < score["attainable"] < 100
    assert score["band"] is None


def test_units_of_a_level_have_places_by_their_points(scored: Stack) -> None:
    scores = scored.get("/v1/scores", unit="RS", level="service_point", **APRIL)["scores"]
    assert [(entry["unit"], entry["place"]) for entry in scores] == [("RS.1", 1), ("RS.2", 2)]
    nd61 = scored.get("/v1/scores", unit="RS", rule_set="nd61_2018", **APRIL)
    # Nine of twenty on the day of their appointment (indices 1 and 7), none was sent back for papers, no petitions.
    assert [entry["points"] for entry in nd61["scores"]] == [0.45 + 2 + 0.45 + 2]
    parts = {part["indicator"]: part for part in nd61["scores"][0]["cards"][0]["components"]}
    assert (parts["ND61_2"]["points"], parts["ND61_2"]["status"]) == (None, "no_cases")


@pytest.mark.parametrize("rule_set", ["qd467", "qd468"])
def test_a_rule_set_without_points_is_refused(scored: Stack, rule_set: str) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        scored.get("/v1/scores", unit="RS", rule_set=rule_set)


def test_a_figure_carries_the_points_of_its_rule_set(scored: Stack) -> None:
    figure = scored.figures("RS.1", ids="Q766_2_1", **APRIL)["Q766_2_1"]
    assert (figure["value"], figure["points"], figure["max_points"], figure["rule_set"]) == (90.0, 18.0, 20, "qd766")
