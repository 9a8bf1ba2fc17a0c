"""The OpenAPI document has a schema of every answer, and real answers are of it, without a field more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runtime.settings import Settings
from tests.asked_api import DAY, POINTS, ROOT, AskedApi, api_of_town
from tests.support import event, paired, put
from warehouse.client import connect

CITY, POINT = {"unit": ROOT, **DAY}, {"unit": POINTS[0], **DAY}
NOON = "2026-03-02T12:00:00+07:00"
QUERIES: dict[str, list[dict[str, str]]] = {
    "/v1/indicators": [CITY, {**CITY, "ids": "SAT_CSAT"}],
    "/v1/ranking": [CITY, {**CITY, "level": "branch", "order": "best"}],
    "/v1/scores": [CITY, {**CITY, "level": "service_point"}],
    "/v1/troubles": [CITY, {**CITY, "level": "branch"}],
    "/v1/warnings": [{"unit": ROOT, "to": DAY["to"]}],
    "/v1/units": [{}],
    "/v1/reference": [{}],
    "/v1/reference/loads": [{}],
    "/v1/breakdown": [
        *({**CITY, "of": of, "by": by} for of in ("ratings", "dossiers") for by in ("counter", "procedure", "hour")),
        {**CITY, "of": "tickets", "by": "hour"},
    ],
    "/v1/staff-sheet": [{**CITY, "staff": "CB1"}],
    "/v1/compare": [{**CITY, "id": "SAT_CSAT"}],
    "/v1/mix": [{**POINT, "of": "ratings"}, {**POINT, "of": "dossiers"}],
    "/v1/heat": [CITY],
    "/v1/recount": [{**CITY, "id": "SAT_CSAT"}],
    "/v1/waiting": [{"unit": ROOT, "to": NOON}],
    "/v1/public": [{"unit": ROOT, "month": "2026-03"}],
    "/v1/dossiers": [CITY, {**CITY, "limit": "3"}],
    "/v1/dossiers/{code}": [{"code": "Q-1"}],
    "/v1/ratings": [CITY, {**CITY, "comments": "true", "limit": "3"}],
    "/v1/acknowledgements": [CITY],
    "/v1/series": [CITY],
    "/v1/tablets": [CITY],
    "/v1/freshness": [{}],
    "/v1/counts": [{"source": "test/questions"}],
    "/v1/counted": [CITY],
    "/v1/imports": [{"source": "test/questions"}, {"source": "import/undone"}],
}
WITHOUT_ROWS = {"/v1/warnings": "warnings"}
"""Lists that stay empty in the town."""


def more_events() -> list[dict[str, Any]]:
    """What the town lacks: tickets, a tablet, a dossier of an official, an acknowledgement, a figure, an import."""
    at, unit = "2026-03-02T11:50:00+07:00", POINTS[0]
    served: list[dict[str, Any]] = [
        event("dossier.accepted", "QS", "2026-03-02T08:00:00+07:00", unit=unit, staff="CB1", procedure="P.1"),
        event("dossier.completed", "QS", "2026-03-02T09:00:00+07:00", unit=unit),
        event("queue.ticket_issued", "T-1", at, unit=unit),
        event("queue.ticket_issued", "T-2", at, unit=unit),
        event("queue.called", "T-2", "2026-03-02T11:55:00+07:00", unit=unit, counter="Q1"),
    ]
    figure: dict[str, Any] = {"indicator": "X", "name_vi": "Số", "name_en": "Count", "first_day": DAY["from"]}
    counted = event("figures.counted", "X", at, unit=unit, **figure, last_day=DAY["from"], numerator=4, denominator=5)
    counted["data"]["source"] = "Báo cáo"
    loaded: dict[str, Any] = {"by": "CB9", "name": "Phòng 9", "files": {"units.csv": {"lines": 4, "new": 4}}}
    undone = "import/undone"
    return [
        *served,
        paired("TAB-T", unit),
        event("alert.acknowledged", "SAT_CSAT", at, unit=unit, by="CB9", comment="đang xử lý"),
        counted,
        event("reference.loaded", "0" * 64, at, unit=ROOT, **loaded),
        event("dossier.accepted", "QU", at, unit=unit, source=undone),
        event("import.retracted", undone, "2026-03-03T08:00:00+07:00", unit=ROOT, by="CB9", reason="sai cột"),
    ]


@pytest.fixture(scope="module")
def api(engine: Settings) -> Iterator[AskedApi]:
    with api_of_town(engine, "answer_types") as api:
        put(connect(engine, database="answer_types"), more_events())
        yield api


@pytest.fixture(scope="module")
def document(api: AskedApi) -> dict[str, Any]:
    answer: dict[str, Any] = api.get("/openapi.json").json()
    return answer


def schema_of(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The schema of a route's JSON answer, which allows no fields but its own."""
    schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {
        **schema,
        "components": {"schemas": {name: _closed(s) for name, s in document["components"]["schemas"].items()}},
    }


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    # A reference event is answered as it was sent, with whatever extensions it has.
    is_open = "properties" not in schema or schema["title"] == "ReferenceEvent"
    return schema if is_open else {**schema, "additionalProperties": False}


def test_every_route_has_a_schema_of_its_answer(document: dict[str, Any]) -> None:
    assert document["paths"].keys() == {*QUERIES, "/readyz"}
    for path in QUERIES:
        name = schema_of(document, path)["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        assert schema["properties"], path
        assert set(schema["required"]) == set(schema["properties"]), path


@pytest.mark.parametrize("path", QUERIES)
def test_real_answers_are_of_their_schema_and_have_no_other_field(
    api: AskedApi, document: dict[str, Any], path: str
) -> None:
    validator = Draft202012Validator(schema_of(document, path))
    for query in QUERIES[path]:
        answer = api.get(path.format(**query), query)
        assert answer.status_code == 200, answer.text
        assert list(validator.iter_errors(answer.json())) == []
        lists = [name for name, value in answer.json().items() if isinstance(value, list) and not value]
        assert lists == ([WITHOUT_ROWS[path]] if path in WITHOUT_ROWS else []), "an empty list proves nothing"
