"""Figures that came as numbers: kept, shown apart, in no other figure."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.indicators.catalogue import catalogue
from dashboards.api.app import make_api
from runtime.settings import Settings
from tests.support import event, put, unit

OCTOBER = {"first_day": "2026-10-01", "last_day": "2026-10-31"}
YEAR = {"from": "2026-01-01", "to": "2027-01-01"}


def counted(where: str, at: str, numerator: float, key: str = "", **data: Any) -> dict[str, Any]:
    figure = {"indicator": "received", **OCTOBER, **data}
    body = event("figures.counted", f"{where}/received", at, unit=where, key=key, numerator=numerator, **figure)
    return body | {"data": body["data"] | {"source": "Báo cáo tháng"}}


class Api:
    """The read API without a socket."""

    def __init__(self, settings: Settings) -> None:
        self._app = make_api(settings)

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        async def answer() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://api") as client:
                return await client.get(path, params=params)

        return asyncio.run(answer())


@pytest.fixture
def api(store: Client, engine: Settings) -> Api:
    events = [
        counted("H26.1", "2026-11-03T09:00:00+07:00", 90, denominator=120),
        counted("H26.1", "2026-11-05T09:00:00+07:00", 95, denominator=120, name_vi="Hồ sơ đúng hạn"),
        counted("H26.1", "2026-11-04T09:00:00+07:00", 91, denominator=120),
        counted("H26.2", "2026-11-03T09:00:00+07:00", 7.5),
        counted("H26.2", "2026-11-03T09:00:00+07:00", 8, key="n", first_day="2026-11-01", last_day="2026-11-30"),
        counted("H27", "2026-11-03T09:00:00+07:00", 1_000),
    ]
    put(
        store,
        [unit("H26", level="city"), unit("H26.1", "H26"), unit("H26.2", "H26"), unit("H27", level="city"), *events],
    )
    return Api(engine)


def test_the_newest_word_on_each_unit_indicator_and_period_is_shown(api: Api) -> None:
    rows = api.get("/v1/counted", params={"unit": "H26", **YEAR}).json()["counted"]
    assert [(row["unit"], row["first_day"], row["numerator"], row["denominator"]) for row in rows] == [
        ("H26.1", "2026-10-01", 95, 120),
        ("H26.2", "2026-10-01", 7.5, None),
        ("H26.2", "2026-11-01", 8, None),
    ]
    assert (rows[0]["name_vi"], rows[0]["source"]) == ("Hồ sơ đúng hạn", "Báo cáo tháng")
    assert rows[0]["told_at"] == "2026-11-05T09:00:00+07:00"


@pytest.mark.parametrize(
    ("start", "end", "rows"),
    [("2026-09-01", "2026-10-01", 0), ("2026-10-31", "2026-11-01", 2), ("2026-10-31", "2026-11-02", 3)],
)
def test_a_period_has_the_figures_whose_days_it_shares(api: Api, start: str, end: str, rows: int) -> None:
    answer = api.get("/v1/counted", params={"unit": "H26", "from": start, "to": end}).json()
    assert (len(answer["counted"]), answer["from"][:10]) == (rows, start)


def test_totals_go_with_the_import_that_brought_them(api: Api, store: Client) -> None:
    imported = counted("H26.1", "2026-12-03T09:00:00+07:00", 55, key="december", first_day="2026-12-01",
                       last_day="2026-12-31") | {"source": "import/totals"}  # fmt: skip
    december = {"unit": "H26", "from": "2026-12-01", "to": "2027-01-01"}
    put(store, [imported])
    assert [row["numerator"] for row in api.get("/v1/counted", params=december).json()["counted"]] == [55]
    put(
        store, [event("import.retracted", "import/totals", "2026-12-04T09:00:00+07:00", unit="H26", by="A", reason="B")]
    )
    assert api.get("/v1/counted", params=december).json()["counted"] == []


def test_no_figure_of_the_catalogue_is_made_of_them_but_what_counts_events(api: Api) -> None:
    indicators = api.get("/v1/indicators", params={"unit": "H26", **YEAR}).json()["indicators"]
    cases = {figure["id"] for figure in indicators if figure["n"]}
    of_events = {
        indicator.id for indicator in catalogue().indicators.values() if {"events", "delays_s"} & indicator.measures()
    }
    points_in_service = {name for name in cases if name in {"DIG_POINTS", "Q766_4_6"}}
    assert cases == of_events | points_in_service
    none = next(figure for figure in indicators if figure["id"] == "Q766_2_1")
    assert (none["reason"], bool(none["reason_vi"]), bool(none["reason_en"])) == ("no_cases", True, True)


def test_the_answer_is_described_and_comes_as_a_table_too(api: Api) -> None:
    described = api.get("/openapi.json").json()
    schema = described["paths"]["/v1/counted"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/CountedFigures"}
    assert {"from", "to", "counted"} <= described["components"]["schemas"]["CountedFigures"]["properties"].keys()
    table = api.get("/v1/counted", params={"unit": "H26", **YEAR, "format": "csv"}).text
    assert len(table.splitlines()) == 4


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"last_day": "2026-09-30"}, "last_day"),
        ({"numerator": -1}, "numerator"),
        ({"source": ""}, "source"),
        ({"denominator": 1e16}, "denominator"),
    ],
)
def test_a_wrong_count_is_refused_by_field(data: dict[str, Any], field: str) -> None:
    body = counted("H26", "2026-11-03T09:00:00+07:00", 1)
    decoded = decode(json.dumps(body | {"data": body["data"] | data}).encode())
    assert isinstance(decoded, Refusal)
    assert field in decoded.detail
