"""The read API in this process over a small town's data, for tests with many or odd requests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from dashboards.api.app import make_api
from runtime.settings import Settings
from tests.support import event, own_store, put, rating, unit

ROOT, BRANCH, POINTS = "Q", "Q.1", ("Q.1.1", "Q.1.2")
DAY = {"from": "2026-03-02", "to": "2026-03-03"}
DOSSIERS = tuple(f"Q-{n}" for n in range(12))
HOST = "http://localhost"


def town() -> list[dict[str, Any]]:
    """A city with a branch and two points: 60 ratings, some with a comment, and twelve dossiers, half of them done."""
    sent = [unit(ROOT, level="city"), unit(BRANCH, ROOT, level="branch"), *(unit(code, BRANCH) for code in POINTS)]
    for n in range(60):
        more = {"comment": f"lời {n}"} if n % 3 == 0 else {}
        at = f"2026-03-02T09:{n // 2:02}:00+07:00"
        data = {"counter": f"Q{n % 3}", "staff": "CB1", "channel": "tablet", **more}
        sent.append(rating(POINTS[n % 2], at, 1 + n % 4, str(n), source="test/questions", **data))
    for n, code in enumerate(DOSSIERS):
        times = {"accepted": f"2026-03-02T08:{n:02}:00+07:00", "completed": f"2026-03-02T15:{n:02}:00+07:00"}
        accepted: dict[str, Any] = {"due_at": f"2026-03-0{2 + n % 2}T12:00:00+07:00", "procedure": "P.1"}
        sent.append(
            event("dossier.accepted", code, times["accepted"], unit=POINTS[n % 2], source="test/questions", **accepted)
        )
        if n % 2:
            sent.append(
                event("dossier.completed", code, times["completed"], unit=POINTS[n % 2], source="test/questions")
            )
    return sent


class AskedApi:
    """Sends requests to an application without a socket; its exceptions become a 500, as on a server."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app = app
        self._runner = runner
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url=HOST)

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One answer."""
        return self._runner.run(self._http.get(path, params=params, headers=headers))

    def get_all(self, requests: list[tuple[str, Mapping[str, Any]]]) -> list[httpx.Response]:
        """Responses to requests that are sent at the same time."""

        async def ask() -> list[httpx.Response]:
            return await asyncio.gather(*(self._http.get(path, params=params) for path, params in requests))

        return self._runner.run(ask())


@contextmanager
def api_of_town(engine: Settings, database: str, **values: Any) -> Iterator[AskedApi]:
    """The read API over a database of its own with the town's data."""
    settings = Settings(clickhouse_url=engine.clickhouse_url, clickhouse_database=database, **values)
    with own_store(engine, database) as store, asyncio.Runner() as runner:
        put(store, town())
        yield AskedApi(make_api(settings), runner)
