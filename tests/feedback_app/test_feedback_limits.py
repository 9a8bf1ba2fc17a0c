"""What anybody may cost the citizens' server: bodies, slow senders, floods, links for taps of others."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from feedback_app import bodies
from feedback_app.bodies import MOST_BUSY, MOST_BYTES, Bodies
from runtime.settings import Settings
from tests.support import free_port
from tests.tablet import Door, PageServer, until

KEY, UNIT = "secret-key", "H26.66.01.004"
TEN_TIMES = b"x" * (10 * MOST_BYTES)
ROUTES = [
    *("/comment-link", "/pair/approval", "/pair/code", "/pair/token", "/r/TOKEN", "/c/TOKEN", "/", "/config.json"),
    *("/texts.json", "/readyz", "/healthz", "/metrics", "/nowhere"),
]
TABLETS_PAGES = ["/", "/main.js", "/config.json", "/sw.js"]


@pytest.fixture(scope="module")
def process() -> Iterator[tuple[int, str]]:
    """A process of its own, and its address."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "HAILONG_FEEDBACK_URL": url,
        "HAILONG_API_KEY": KEY,
        "HAILONG_INGEST_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-c", "from commands.main import main; main()", "feedback"]
    with subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2]) as started:
        until(lambda: _answers(url), 60)
        yield started.pid, url
        started.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@pytest.mark.parametrize("is_chunked", [False, True])
def test_no_route_reads_a_body_that_is_too_long(process: tuple[int, str], is_chunked: bool) -> None:
    pid, url = process
    before_mb = memory_mb(pid)
    statuses: dict[str, int] = {}
    slowest_s = 0.0
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        for route in ROUTES:
            for _ in range(4):
                body = iter([TEN_TIMES[:MOST_BYTES]] * 10) if is_chunked else TEN_TIMES
                statuses[route] = client.post(route, content=body, headers={"Authorization": "Bearer no"}).status_code
            for page in TABLETS_PAGES:
                started_s = time.monotonic()
                assert client.get(page).status_code == 200
                slowest_s = max(slowest_s, time.monotonic() - started_s)
    grown_mb = memory_mb(pid) - before_mb
    print(f"{statuses}; {grown_mb:+.1f} MB; the tablet's pages within {slowest_s:.2f} s")
    refused = {200, 400, 401, 403, 404, 405, 413, 422, 503} if is_chunked else {413}
    assert set(statuses.values()) <= refused
    assert grown_mb < 50


def test_an_endless_body_without_a_token_ends_at_once(process: tuple[int, str]) -> None:
    pid, url = process
    before_mb = memory_mb(pid)
    address = urlsplit(url)
    for route in ("/comment-link", "/pair/approval", "/pair/token", "/r/TOKEN"):
        with socket.create_connection((address.hostname, address.port), timeout=20) as sender:
            sender.sendall(f"POST {route} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            sent_mb = 0
            try:
                while sent_mb < 200:
                    sender.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
                    sent_mb += 1
            except OSError:
                pass
        print(f"{route}: closed after {sent_mb} MB")
        assert sent_mb < 200
    assert memory_mb(pid) - before_mb < 50


def test_a_form_as_long_as_it_may_be_is_read(server: PageServer) -> None:
    form = {"comment": "ữ" * 1_200, "reasons": ["attitude"] * 50}
    assert httpx.post(f"{server.settings.feedback_url}/r/TOKEN", data=form, trust_env=False).status_code == 404


async def _ask(app: Any, path: str, receive: Any, *headers: tuple[bytes, bytes]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": list(headers), "query_string": b""}
    await app(scope, receive, send)
    return sent


async def _read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_WITHIN_S", 0.2)
    app = Starlette(routes=[Route("/r/x", _read, methods=["POST"])])
    app.add_middleware(Bodies)

    async def drop() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    chunked = (b"transfer-encoding", b"chunked")
    start, *_ = asyncio.run(_ask(app, "/r/x", drop, chunked))
    assert (start["status"], (b"connection", b"close") in start["headers"]) == (408, True)


def test_a_flood_of_one_kind_is_told_to_come_again_and_leaves_the_others_alone() -> None:
    free = asyncio.Event()

    async def slow(_request: Request) -> PlainTextResponse:
        await free.wait()
        return PlainTextResponse("done")

    async def quick(_request: Request) -> PlainTextResponse:
        return PlainTextResponse("done")

    routes = [Route("/r/x", slow, methods=["POST"])]
    routes += [Route(path, quick, methods=["POST"]) for path in ("/comment-link", "/main.js")]
    app = Starlette(routes=routes)
    app.add_middleware(Bodies)

    async def nothing() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def flood() -> list[Any]:
        busy = [asyncio.create_task(_ask(app, "/r/x", nothing)) for _ in range(MOST_BUSY)]
        await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        answers = [await _ask(app, path, nothing) for path in ("/r/x", "/comment-link", "/main.js")]
        free.set()
        answers += [*await asyncio.gather(*busy), await _ask(app, "/r/x", nothing)]
        return [answer[0] for answer in answers]

    turned_away, link, page, *others = asyncio.run(flood())
    assert (turned_away["status"], (b"retry-after", b"5") in turned_away["headers"]) == (503, True)
    assert {answer["status"] for answer in (link, page, *others)} == {200}


@pytest.fixture
def known(door: Door) -> Iterator[PageServer]:
    """A server whose ingest knows one tablet."""
    door.configuration = {"version": "default", "values": {}, "device": "TAB-01", "unit": UNIT}
    own = f"http://127.0.0.1:{free_port()}"
    server = PageServer(Settings(feedback_url=own, ingest_url=door.url, api_key=SecretStr(KEY)))
    server.start()
    yield server
    server.stop()


def status_of_tap(server: PageServer, **values: Any) -> int:
    tap = {"device": "TAB-01", "unit": UNIT, "rating": str(uuid4()), "time": datetime.now(UTC).isoformat()} | values
    headers = {"Authorization": "Bearer of-the-tablet"}
    return httpx.post(
        f"{server.settings.feedback_url}/comment-link", json=tap, headers=headers, trust_env=False
    ).status_code


def test_a_link_is_given_for_a_tap_of_now_at_the_tablets_own_unit(known: PageServer) -> None:
    now = datetime.now(UTC)
    assert status_of_tap(known) == 200
    assert status_of_tap(known, time=(now - timedelta(seconds=60)).isoformat()) == 200
    assert [status_of_tap(known, unit="H26.66.01.005"), status_of_tap(known, device="TAB-02")] == [403, 403]
    for off in (timedelta(minutes=5), timedelta(minutes=-5), timedelta(days=-400), timedelta(days=27_000)):
        assert status_of_tap(known, time=(now + off).isoformat()) == 422
    assert [status_of_tap(known, time="yesterday"), status_of_tap(known, rating="x")] == [422, 422]


def test_who_shows_no_token_is_turned_away_before_anything_is_read(known: PageServer) -> None:
    address = urlsplit(known.settings.feedback_url)
    for route, status in (("/comment-link", b"401"), ("/pair/approval", b"403")):
        with socket.create_connection((address.hostname, address.port), timeout=20) as sender:
            sender.sendall(f"POST {route} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n".encode())
            assert sender.recv(12) == b"HTTP/1.1 " + status
