"""From a figure to the cases behind it: parts, single cases, a dossier's steps; and the same rows as files."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from fastapi import HTTPException

from dashboards.api.context import Question, RequestContext, SharedState
from dashboards.api.routes.figures.recount import get_recount
from tests.support import Stack, event, rating, unit

pytestmark = pytest.mark.stack

ROOT, POINT = "EV", "EV.1"
DAY = {"unit": ROOT, "from": "2026-03-02", "to": "2026-03-03"}
LATE = ("EV-3", "EV-7")


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    """A point with two counters: one pleases all, the other nobody; twelve dossiers done, two of them a day late."""
    sent = [unit(ROOT, level="branch"), unit(POINT, ROOT)]
    for n in range(24):
        counter, score = ("Q1", 4) if n % 2 else ("Q2", 1)
        comment = {"comment": "=1+1 chờ lâu, gọi 0912345678"} if n == 0 else {}
        at = f"2026-03-02T09:{n:02}:00+07:00"
        sent.append(rating(POINT, at, score, str(n), counter=counter, staff="CB1", source="test/evidence", **comment))
    for n in range(12):
        code = f"EV-{n}"
        due = "2026-02-27T16:00:00+07:00" if code in LATE else "2026-03-02T16:00:00+07:00"
        data = {"procedure": "P.1" if n < 8 else "P.2", "counter": "Q1", "staff": "CB1", "channel": "direct"}
        steps = {"accepted": (f"{due[:10]}T08:00", data | {"due_at": due}), "completed": ("2026-03-02T11:00", {})}
        for kind, (at, step_data) in steps.items():
            body = event(f"dossier.{kind}", code, f"{at}:00+07:00", unit=POINT, source="test/evidence")
            sent.append(body | {"data": body["data"] | step_data})
    assert stack.send(sent) == []
    stack.wait_stored("test/evidence", 48)
    return stack


def read(office: Stack, path: str, form: str, **query: Any) -> httpx.Response:
    answer = httpx.get(f"{office.settings.api_url}{path}", params=query, headers={"Accept": form}, trust_env=False)
    answer.raise_for_status()
    return answer


def test_ratings_by_counter_put_the_worst_first(office: Stack) -> None:
    parts = office.get("/v1/breakdown", of="ratings", by="counter", **DAY)["parts"]
    assert [(row["within"], row["part"], row["satisfied"], row["n"], row["value"]) for row in parts] == [
        (POINT, "Q2", 0, 12, 0),
        (POINT, "Q1", 12, 12, 100),
    ]
    assert parts[0]["interval"] == pytest.approx([0, 24.25], abs=0.01)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("procedure", [("P.1", 8, 2, None), ("P.2", 4, 0, None)]),
        ("counter", [("Q1", 12, 2, 83.33)]),
        ("staff", [("CB1", 12, 2, 83.33)]),
        ("channel", [("direct", 12, 2, 83.33)]),
    ],
)
def test_dossiers_by_anything_add_up_to_the_figure(office: Stack, by: str, expected: list[tuple[Any, ...]]) -> None:
    parts = office.get("/v1/breakdown", of="dossiers", by=by, **DAY)["parts"]
    counted = [
        (row["part"], row["settled"], row["settled_late"], row["value"] and round(row["value"], 2)) for row in parts
    ]
    assert sorted(counted) == sorted(expected)
    figure = office.figures(**DAY)["Q766_2_1"]
    assert sum(row["n"] for row in parts) == figure["denominator"]


def test_the_late_dossiers_behind_a_figure_are_listed_and_no_others(office: Stack) -> None:
    query = {**DAY, "counted": "settled", "state": "overdue"}
    answer = office.get("/v1/dossiers", **query)
    assert answer["total"] == 2
    assert {row["dossier"] for row in answer["dossiers"]} == set(LATE)
    assert office.get("/v1/dossiers", **query, procedure="P.2")["total"] == 0
    assert (
        office.get("/v1/dossiers", **query, procedure="P.1", staff="CB1", counter="Q1", channel="direct")["total"] == 2
    )
    assert office.get("/v1/dossiers", **query, staff="CB2")["total"] == 0


def test_one_dossier_has_every_event_that_was_sent_about_it(office: Stack) -> None:
    answer = office.get("/v1/dossiers/EV-3")
    assert answer["dossier"]["due_at"] == "2026-02-27T16:00:00+07:00"
    assert [(step["type"], step["time"]) for step in answer["steps"]] == [
        ("dossier.accepted", "2026-02-27T08:00:00+07:00"),
        ("dossier.completed", "2026-03-02T11:00:00+07:00"),
    ]
    assert answer["steps"][0]["data"]["procedure"] == "P.1"
    missing = httpx.get(f"{office.settings.api_url}/v1/dossiers/EV-99", trust_env=False)
    assert (missing.status_code, missing.json()["detail"]) == (404, "no event told of a dossier 'EV-99'")


def test_single_ratings_come_with_their_masked_comments(office: Stack) -> None:
    answer = office.get("/v1/ratings", counter="Q2", comments="true", **DAY)
    assert answer["total"] == len(answer["ratings"]) == 12
    comments = [row["comment"] for row in answer["ratings"] if row["comment"]]
    assert len(comments) == 1
    assert "chờ lâu" in comments[0]
    assert "0912345678" not in comments[0]
    assert office.get("/v1/ratings", counter="Q9", **DAY)["total"] == 0


@pytest.mark.parametrize(
    ("path", "query", "rows"),
    [
        ("/v1/dossiers", DAY, 10),
        ("/v1/ratings", {**DAY, "comments": "true"}, 24),
        ("/v1/breakdown", {**DAY, "of": "ratings", "by": "counter"}, 2),
        ("/v1/ranking", {**DAY, "ids": "SAT_CSAT,Q766_2_1"}, 2),
        ("/v1/series", DAY, 3),
        ("/v1/scores", DAY, 1),
    ],
)
def test_a_file_has_the_rows_of_the_answer(office: Stack, path: str, query: dict[str, str], rows: int) -> None:
    answer = read(office, path, "text/csv", **query)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf"), "without it Excel spoils Vietnamese"
    of_csv = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    of_parquet = pq.read_table(io.BytesIO(read(office, path, "application/vnd.apache.parquet", **query).content))
    assert len(of_csv) == of_parquet.num_rows == rows
    assert list(of_csv[0]) == of_parquet.column_names
    assert read(office, path, "*/*", **query, format="csv").content == answer.content
    if "total" in (as_json := office.get(path, **query)):
        assert answer.headers["hailong-total"] == str(as_json["total"])


def test_heat_has_a_figure_by_unit_and_hour_with_its_verdict(office: Stack) -> None:
    answer = office.get("/v1/heat", id="SAT_CSAT", **DAY)
    assert answer["cells"] == [
        {
            "unit": POINT,
            "starts_at": "2026-03-02T09:00:00+07:00",
            "value": 50.0,
            "n": 24,
            "status": "ok",
            "met": False,
            "verdict": "missed_beyond_doubt",
        }
    ]
    assert office.get("/v1/heat", id="SAT_CSAT", **{**DAY, "unit": POINT})["cells"] == answer["cells"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"id": "Q766_2_1"}, "not kept by the hour"),
        ({"id": "SAT_CSAT,OPS_WAIT_AVG"}, "one indicator at a time"),
        ({"from": "2026-02-01"}, "3 days at most"),
    ],
)
def test_heat_is_refused_for_indicators_without_hours_and_for_long_periods(
    office: Stack, query: dict[str, str], message: str
) -> None:
    answer = httpx.get(f"{office.settings.api_url}/v1/heat", params={**DAY, **query}, trust_env=False)
    assert answer.status_code == 422
    assert message in answer.text


def test_a_figure_is_recounted_beside_the_one_that_is_served(office: Stack) -> None:
    answer = office.get("/v1/recount", id="Q766_2_1", **DAY)
    assert (answer["agreement"], answer["served"]) == ("equal", answer["recounted"])
    assert answer["recounted"] == pytest.approx({"numerator": 10, "denominator": 12, "n": 12, "value": 1000 / 12})
    assert answer["events_read"] >= 24
    assert answer["took_s"] > 0
    assert office.get("/v1/recount", id="SAT_CSAT", **DAY)["recounted"]["value"] == 50


def test_one_recount_runs_at_a_time_and_others_get_retry_after(office: Stack) -> None:
    def recounted(_: int) -> httpx.Response:
        query = {**DAY, "id": "Q766_2_1"}
        return httpx.get(f"{office.settings.api_url}/v1/recount", params=query, timeout=60, trust_env=False)

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(recounted, range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
    assert {answer.headers.get("Retry-After") for answer in answers if answer.status_code == 429} == {"10"}


def test_too_many_events_to_recount_are_refused_before_any_is_read(office: Stack) -> None:
    shared = SharedState(office.settings.model_copy(update={"recount_max_events": 23}))
    question = Question(RequestContext(shared), ROOT, DAY["from"], DAY["to"])
    with pytest.raises(HTTPException) as refused:
        get_recount(question, "Q766_2_1")
    assert refused.value.status_code == 422
    assert refused.value.detail == "about 24 events are too much to recount here (23 at most): use `hailong verify`"


def test_a_comment_does_not_run_as_a_formula(office: Stack) -> None:
    text = read(office, "/v1/ratings", "text/csv", **DAY, comments="true").content.decode("utf-8-sig")
    comments = [row["comment"] for row in csv.DictReader(io.StringIO(text)) if row["comment"]]
    assert comments[0].startswith("'=1+1")


def test_an_error_response_is_json_whatever_format_is_asked_for(office: Stack) -> None:
    answer = httpx.get(
        f"{office.settings.api_url}/v1/dossiers", params={"unit": "no"}, headers={"Accept": "text/csv"}, trust_env=False
    )
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
