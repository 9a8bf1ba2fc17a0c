"""Odd requests to the read API: none gets a server error, and lists can be paged to their end."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError
from starlette.requests import Request

from contract.links.comment import comment_id
from dashboards.api import problems
from dashboards.api.app import make_api
from dashboards.api.filters import MOST_ROWS, sentence
from runtime.settings import Settings
from tests.asked_api import DAY, DOSSIERS, POINTS, ROOT, AskedApi, api_of_town
from tests.support import event, put
from warehouse.client import connect

IS_LONG = bool(os.environ.get("HAILONG_TEST_LONG"))
ODD_QUESTIONS = 2_500 if IS_LONG else 500
SEED = 20_261_130


@pytest.fixture(scope="module")
def api(engine: Settings) -> Iterator[AskedApi]:
    with api_of_town(engine, "questions") as api:
        yield api


CASES = [
    ({"from": "0001-01-01"}, "from"),
    ({"from": "1999-12-31"}, "from"),
    ({"from": "0001-01-01T00:00:00+14:00"}, "from"),
    ({"to": "9999-12-31T23:59:59-12:00"}, "to"),
    ({"to": "2100-01-01T00:00:01+07:00"}, "to"),
    ({"from": "946684800"}, "from"),
    ({"tree": "0"}, "tree"),
    ({"tree": "2100-01-02"}, "tree"),
    ({"tree": "20260101"}, "tree"),
    ({"limit": "100001"}, "limit"),
    ({"limit": "-1"}, "limit"),
    ({"limit": "9" * 5000}, "limit"),
    ({"unit": "H" * 201}, "unit"),
    ({"hour": "24"}, "hour"),
    ({"weekday": "8"}, "weekday"),
    ({"after": "bm90aGluZw"}, "after"),
    ({"severe": "perhaps"}, "severe"),
    ({"format": "xml"}, "format"),
]


@pytest.mark.parametrize(("query", "name"), CASES)
def test_a_parameter_out_of_bounds_is_refused_by_its_name(api: AskedApi, query: dict[str, str], name: str) -> None:
    answer = api.get("/v1/ratings", {"unit": ROOT, **query})
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail.startswith(f"{name}: ")
    assert len(detail) < 250


@pytest.mark.parametrize(
    "month", ["0001-01", "0000-01", "9999-12", "2100-01", "1999-12", "2026-13", "2026-W1", "2026-1", ""]
)
def test_a_month_of_the_public_page_lies_in_the_calendar(api: AskedApi, month: str) -> None:
    answer = api.get("/v1/public", {"unit": ROOT, "month": month})
    # An empty one is as good as none.
    assert answer.status_code == (200 if not month else 422)
    assert month or answer.json()["month"]


def test_a_missing_parameter_is_named_with_an_example(api: AskedApi) -> None:
    answer = api.get("/v1/ratings")
    assert answer.status_code == 422
    assert answer.json() == {"detail": sentence("unit")}
    assert "unit=H26.66.01" in answer.json()["detail"]


def test_the_earliest_and_the_latest_days_are_answered(api: AskedApi) -> None:
    whole = {"unit": ROOT, "from": "2000-01-01", "to": "2100-01-01", "tree": "2100-01-01"}
    paths: dict[str, dict[str, str]] = {
        path: {}
        for path in ("/v1/indicators", "/v1/ranking", "/v1/series", "/v1/ratings", "/v1/dossiers", "/v1/tablets")
    }
    paths |= {
        "/v1/compare": {"id": "SAT_CSAT"},
        "/v1/mix": {"of": "ratings", "unit": POINTS[0]},
        "/v1/waiting": {},
        "/v1/warnings": {},
    }
    answers = {path: api.get(path, whole | more).status_code for path, more in paths.items()}
    assert set(answers.values()) == {200}, answers
    assert api.get("/v1/warnings", {"unit": ROOT, "to": "2000-01-02"}).status_code == 200


NASTY = [
    "",
    " ",
    "\x00",
    "a\x01b",
    "\n",
    "\u202e",
    "\u2028",
    "'",
    '"',
    "\\",
    "\\N",
    "%",
    "%00",
    "*",
    "..",
    "../..",
    "null",
    "NaN",
    "1e400",
]
NASTY += [
    "-1",
    "0",
    "1",
    "00",
    "99999999999999999999",
    "9" * 5000,
    "x" * 3000,
    "😀",
    "é" * 100,
    "=1+1",
    "{a:String}",
    "SELECT 1",
    "Infinity",
]
DAYS = [
    "0001-01-01",
    "1899-12-31",
    "1900-01-01",
    "1999-12-31",
    "2000-01-01",
    "2026-03-02",
    "2026-03-03",
    "2026-02-30",
    "2099-12-31",
    "2100-01-01",
]
DAYS += [
    "2149-06-07",
    "9999-12-31",
    "2026-W10-1",
    "2026-03-02T10:30:00+07:00",
    "2026-03-02T24:00:00Z",
    "2026-03-02T10:30:00.123456789+07:00",
]
DAYS += [
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "2026-03-02 10:30",
    "1767225600",
    "20260302",
    "2026-03-02T08:00:00+99:00",
]
UNITS = [ROOT, *POINTS, "NOBODY"]
USUAL_VALUES = [
    "SAT_CSAT",
    "OPS_WAIT_AVG",
    "Q766_2_1",
    "SAT_CSAT,Q766_2_1",
    "service_point",
    "branch",
    "city",
    "ratings",
    "dossiers",
    "tickets",
]
USUAL_VALUES += [
    "counter",
    "staff",
    "procedure",
    "channel",
    "hour",
    "weekday",
    "day",
    "settled",
    "received",
    "overdue",
    "qd766",
    "csv",
    "parquet",
    "true",
]
USUAL_VALUES += [
    "best",
    "test/questions",
    "CB1",
    "2026-10",
    "0001-01",
    "9999-12",
    "08",
    "7",
    "100000",
    "100001",
    *DOSSIERS[:2],
]


def odd_question(document: dict[str, Any], dice: random.Random) -> tuple[str, list[tuple[str, str]]]:
    path = dice.choice([path for path in document["paths"] if path != "/v1/recount" or dice.random() < 0.01])
    query = []
    for parameter in document["paths"][path]["get"].get("parameters", []):
        name, choices = parameter["name"], parameter["schema"].get("enum") or USUAL_VALUES
        if parameter["in"] == "path":
            path = path.replace(
                f"{{{name}}}", dice.choice([*DOSSIERS, "..%2F..", "%00", "%E2%80%AE", "a%2Fb", "x" * 300])
            )
        elif parameter["required"] or dice.random() < 0.35:
            usual = UNITS if name == "unit" else DAYS if name in ("from", "to", "tree") else choices
            value = dice.choice(NASTY) if dice.random() < 0.2 else dice.choice(usual)
            query += [(name, value)] * (2 if dice.random() < 0.02 else 1)
    return path, query


def test_no_odd_request_gets_a_server_error(api: AskedApi) -> None:
    document = api.get("/openapi.json").json()
    dice = random.Random(SEED)
    statuses: Counter[int] = Counter()
    faults = []
    for _ in range(ODD_QUESTIONS):
        path, query = odd_question(document, dice)
        answer = api.get(path, query)  # type: ignore[arg-type] # pairs, since a name may come twice
        statuses[answer.status_code] += 1
        if answer.status_code not in (200, 404, 422) or (
            answer.status_code != 200 and set(answer.json()) != {"detail"}
        ):
            faults.append((path, query, answer.status_code, answer.text[:200]))
        assert "Code: " not in answer.text
    print(f"{ODD_QUESTIONS} questions: {dict(statuses)}")
    assert not faults, faults[:5]
    assert statuses[200] > ODD_QUESTIONS / 10


@pytest.mark.parametrize(("path", "key"), [("/v1/ratings", "event_id"), ("/v1/dossiers", "dossier")])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_list_that_is_cut_says_so_and_goes_on_to_its_end(api: AskedApi, path: str, key: str, form: str) -> None:
    query = {"unit": ROOT, **DAY, "limit": "7", "format": form, "comments": "true"}
    name = path.rpartition("/")[2]
    whole = [row[key] for row in api.get(path, {"unit": ROOT, **DAY, "limit": "1000"}).json()[name]]
    keys: list[str] = []
    address: str | None = path
    while address:
        answer = api.get(address, query if address == path else None)
        rows = (
            answer.json()[name] if form == "json" else list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
        )
        assert answer.headers["hailong-total"] == str(len(whole))
        assert answer.headers["hailong-rows"] == str(len(rows))
        assert len(rows) <= 7
        keys += [row[key] for row in rows]
        link = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("link", ""))
        assert form == "csv" or bool(answer.json()["next"]) == bool(link)
        address = link[1] if link else None
    assert keys == whole
    assert len(set(keys)) == len(whole) > 7


def test_the_next_page_goes_on_though_new_rows_came_in_before_it(api: AskedApi, engine: Settings) -> None:
    query = {"unit": ROOT, "from": "2026-03-02", "to": "2026-03-04", "limit": "20"}
    before = api.get("/v1/ratings", {**query, "limit": "1000"}).json()["ratings"]
    first = api.get("/v1/ratings", query).json()
    late: dict[str, Any] = {"channel": "tablet", "scale": "csat4", "score": 1, "device": "TAB-T"}
    newer = event(
        "rating.submitted", "TAB-T", "2026-03-03T10:00:00+07:00", unit=POINTS[0], source="test/questions2", **late
    )
    put(connect(engine, database="questions"), [newer])
    rest = api.get("/v1/ratings", {**query, "limit": "1000", "after": first["next"]}).json()
    assert first["ratings"] + rest["ratings"] == before
    assert rest["total"] == len(before) + 1


def test_a_comment_by_link_stands_behind_the_one_beside_the_rating(api: AskedApi, engine: Settings) -> None:
    day = {"from": "2026-03-05", "to": "2026-03-06"}
    data: dict[str, Any] = {"channel": "tablet", "scale": "csat4", "score": 1, "device": "TAB-T", "comment": "bên cạnh"}
    tap = event(
        "rating.submitted", "TAB-T", "2026-03-05T09:50:00+07:00", unit=POINTS[0], source="test/questions3", **data
    )
    other = event(
        "rating.submitted", "TAB-T", "2026-03-05T09:51:00+07:00", unit=POINTS[0], source="test/questions3", **data
    )
    by_link = event("rating.commented", "TAB-T", "2026-03-05T10:10:00+07:00", unit=POINTS[0], comment="sau đó")
    elsewhere = event("rating.commented", "TAB-T", "2026-03-05T10:11:00+07:00", unit=POINTS[1], comment="nơi khác")
    linked = [
        by_link | {"id": str(comment_id(UUID(tap["id"])))},
        elsewhere | {"id": str(comment_id(UUID(other["id"])))},
    ]
    put(connect(engine, database="questions"), [tap, other, *linked])
    ratings = api.get("/v1/ratings", {"unit": ROOT, **day, "comments": "true"}).json()["ratings"]
    assert [row["comment"] for row in ratings] == ["bên cạnh", "bên cạnh\nsau đó"]


def test_a_list_without_rows_has_its_columns(api: AskedApi) -> None:
    empty = {"unit": ROOT, "from": "2001-01-01", "to": "2001-01-02", "format": "csv"}
    assert api.get("/v1/dossiers", empty).text.lstrip("\ufeff").startswith("dossier,unit,procedure,")


def test_an_error_of_the_store_gets_a_fitting_status_and_its_text_is_not_shown() -> None:
    request = Request({"type": "http", "path": "/v1/x", "headers": [], "query_string": b"", "server": ("x", 1)})
    status_of = {
        457: 422,
        53: 422,
        321: 422,
        159: 503,
        394: 503,
        60: 503,
        47: 500,
        62: 500,
        None: 503,
    }
    for code, status in status_of.items():
        kind = OperationalError if code is None else DatabaseError
        answer = problems._respond_to_store_error(request, kind(f"Code: {code}. DB::Exception: SECRET", code=code))
        assert answer.status_code == status, code
        assert b"SECRET" not in answer.body
        assert ("retry-after" in answer.headers) == (status == 503)


def test_the_document_has_all_error_responses_and_the_limit_of_rows(api: AskedApi) -> None:
    document = api.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        answers = methods["get"]["responses"]
        assert {"200", "503"} <= set(answers), path
        assert {"400", "404", "422"} <= set(answers), path
        for status, answer in answers.items():
            if status != "200":
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    limit = next(each for each in document["paths"]["/v1/ratings"]["get"]["parameters"] if each["name"] == "limit")
    assert limit["schema"]["maximum"] == MOST_ROWS


def test_the_pages_of_the_document_load_nothing_from_elsewhere(api: AskedApi) -> None:
    page = api.get("/docs")
    assert "http" not in page.text.replace("http-equiv", "")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert api.get(f"/{name}").status_code == 200, name


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 400),
        ("127.0.0.1:18081", 200),
        ("[::1]:18081", 200),
        ("dashboards:18081", 200),
        ("hailong.hanoi.gov.vn", 200),
        ("", 400),
    ],
)
def test_only_names_that_are_ours_are_answered(host: str, status: int) -> None:
    with asyncio.Runner() as runner:
        api = AskedApi(make_api(Settings(allowed_hosts="hailong.hanoi.gov.vn, other.example")), runner)
        assert api.get("/openapi.json", headers={"Host": host}).status_code == status
