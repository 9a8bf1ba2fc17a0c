"""Many and heavy requests to the read API: both are limited, health checks are not, no statement is left running."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from starlette.datastructures import QueryParams
from starlette.types import Message, Receive, Scope, Send

from dashboards.api import lanes
from dashboards.api.lanes import HEAVY_AT_ONCE, Lanes, is_heavy
from dashboards.api.store_work import QuestionLeftError, Work
from runtime.settings import Settings
from tests.asked_api import DAY, HOST, ROOT, AskedApi, api_of_town
from tests.support import wait_until
from warehouse.client import connect

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3"


@pytest.fixture(scope="module")
def api(engine: Settings) -> Iterator[AskedApi]:
    with api_of_town(engine, "lanes") as api:
        yield api


@pytest.mark.parametrize(
    ("path", "query", "heavy"),
    [
        ("/v1/ratings", "limit=100000", True),
        ("/v1/ratings", "limit=100", False),
        ("/v1/ratings", "limit=100&limit=99999", True),
        ("/v1/ratings", "", False),
        ("/v1/dossiers", "limit=10001&format=csv", True),
        ("/v1/dossiers", "limit=" + "9" * 5000, True),
        ("/v1/reference", "", True),
        ("/v1/ranking", "", True),
        ("/v1/ranking", "ids=SAT_CSAT", False),
        ("/v1/troubles", "", False),
        ("/v1/troubles", "ids=" + "SAT_CSAT," * 20, True),
        ("/v1/indicators", "", False),
    ],
)
def test_a_request_that_can_have_many_rows_is_heavy(path: str, query: str, heavy: bool) -> None:
    assert is_heavy(path, QueryParams(query)) == heavy


def test_heavy_requests_beyond_the_limit_get_retry_after(api: AskedApi) -> None:
    query = {"unit": ROOT, **DAY, "limit": "100000", "comments": "true", "format": "csv"}
    light = [("/readyz", {}), ("/v1/indicators", {"unit": ROOT, **DAY, "ids": "SAT_CSAT"})]
    answers = api.get_all([*[("/v1/ratings", query)] * 24, *light])
    statuses = Counter(answer.status_code for answer in answers[:24])
    print(f"24 heavy questions at once: {dict(statuses)}")
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= HEAVY_AT_ONCE
    turned_away = [answer for answer in answers[:24] if answer.status_code == 503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in turned_away)
    assert all("ask again in" in answer.json()["detail"] for answer in turned_away)
    assert [answer.status_code for answer in answers[24:]] == [200, 200]
    # Nothing is kept of those that were turned away.
    assert api.get("/v1/ratings", query).status_code == 200


def test_as_many_as_there_are_places_run_and_health_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "OTHERS_WAIT_S", 0.2)
    app = FastAPI()
    go_on = asyncio.Event()
    running: list[int] = []

    async def slow() -> str:
        running.append(1)
        await go_on.wait()
        return "done"

    for path in ("/v1/reference", "/v1/indicators"):
        app.get(path)(slow)
    app.get("/healthz", response_class=PlainTextResponse)(lambda: "ok")
    app.add_middleware(Lanes)

    async def ask() -> tuple[list[int], int, int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HOST) as http:
            paths = ["/v1/reference"] * (HEAVY_AT_ONCE + 3) + ["/v1/indicators"] * (lanes.OTHERS_AT_ONCE + 2)
            waiting = [asyncio.create_task(http.get(path)) for path in paths]
            turned_away: list[int] = []
            while len(turned_away) < 5:
                finished, _ = await asyncio.wait(waiting, timeout=0.1)
                turned_away = [task.result().status_code for task in finished]
            health = (await http.get("/healthz")).status_code
            at_once = len(running)
            go_on.set()
            return [(await task).status_code for task in waiting], health, at_once

    statuses, health, at_once = asyncio.run(ask())
    assert health == 200
    assert at_once == HEAVY_AT_ONCE + lanes.OTHERS_AT_ONCE
    assert Counter(statuses) == {200: at_once, 503: 5}


def test_a_statement_is_killed_at_its_time_limit(store: Client) -> None:
    with pytest.raises(DatabaseError) as error:
        Work().client(store, 1).query(ENDLESS)
    assert error.value.code == 159


def test_running_statements_are_killed_when_the_client_disconnects(store: Client, engine: Settings) -> None:
    work, ended = Work(), []

    def ask() -> None:
        try:
            work.client(connect(engine), 120).query(ENDLESS)
        except DatabaseError as error:
            ended.append(error.code)
        finally:
            work.done()

    asking = threading.Thread(target=ask)
    asking.start()
    running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = {mark:String}"
    wait_until(lambda: store.query(running, parameters={"mark": work.mark}).result_rows[0][0] == 1, 30)
    other = Work()
    other.client(store, 10).query("SELECT 1")
    other.done()
    other.leave()
    assert asking.is_alive()
    work.leave()
    asking.join(30)
    assert ended == [394]
    with pytest.raises(QuestionLeftError):
        work.client(store, 10).query("SELECT 1")


def test_a_disconnect_ends_the_work_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    left = threading.Event()

    class Watched(Work):
        def leave(self) -> None:
            left.set()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.to_thread(left.wait, 30)

    async def ask() -> None:
        gone = asyncio.Event()
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            message = next(messages, None)
            if message is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            return message

        async def send(_message: Message) -> None: ...

        scope = {"type": "http", "path": "/v1/ratings", "query_string": b"", "headers": []}
        answering = asyncio.create_task(Lanes(app)(scope, receive, send))
        await asyncio.sleep(0.05)
        assert not left.is_set()
        gone.set()
        await asyncio.wait_for(answering, 30)

    monkeypatch.setattr(lanes, "Work", Watched)
    asyncio.run(ask())
    assert left.is_set()
