"""Limits of concurrent requests: a few heavy ones, more of the others, no limit for health checks.

Beyond the limits the response is 503 with ``Retry-After``. When a client disconnects, its statements in the store are
killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.api.store_work import Work

HEAVY_AT_ONCE, OTHERS_AT_ONCE = 4, 24
HEAVY_WAITS_S, OTHERS_WAIT_S = 0.5, 10.0
"""How long a request waits for a free place before the response is 503."""

MOST_WAITING = 200
SEND_TIMEOUT_S = 60.0
"""A client that reads nothing for so long counts as gone, so that slow readers keep no place."""

HEAVY_ROWS, HEAVY_INDICATORS = 10_000, 20
ALWAYS_HEAVY = frozenset({"/v1/reference", "/v1/staff-sheet"})
RETRY_AFTER_S = {"heavy": 3, "others": 2}
"""Shorter than the keep-alive of idle connections, so that no retry meets a connection that is just closing."""
BUSY = "as many questions as can be answered at once are under way; ask again in {seconds} seconds"
WORK = "hailong.work"
"""The key of a request's scope that holds its ``Work``."""


class Lane:
    """A limit of concurrent requests of one kind."""

    def __init__(self, name: str, at_once: int, wait_s: float) -> None:
        self.name, self._wait_s = name, wait_s
        self._places = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def enter(self) -> bool:
        """Waits for a place; False when none came free in time. A place is given back with ``leave``."""
        if self._places.locked() and self._waiting >= MOST_WAITING:
            return False
        self._waiting += 1
        try:
            await asyncio.wait_for(self._places.acquire(), self._wait_s)
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    def leave(self) -> None:
        """Gives a place back."""
        self._places.release()


class Lanes:
    """Middleware that puts each request of the read API into its lane."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._heavy = Lane("heavy", HEAVY_AT_ONCE, HEAVY_WAITS_S)
        self._others = Lane("others", OTHERS_AT_ONCE, OTHERS_WAIT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        lane = self._heavy if is_heavy(scope["path"], QueryParams(scope["query_string"])) else self._others
        if not await lane.enter():
            seconds = RETRY_AFTER_S[lane.name]
            busy = JSONResponse({"detail": BUSY.format(seconds=seconds)}, 503, {"Retry-After": str(seconds)})
            await busy(scope, receive, send)
            return
        try:
            async with _track_work(scope, receive) as (scope_of_work, receive_next):
                await self._app(scope_of_work, receive_next, _with_timeout(send))
        finally:
            lane.leave()


def is_heavy(path: str, parameters: QueryParams) -> bool:
    """Whether a request can take much of the store: more than ten thousand rows, or all indicators."""
    if path in ALWAYS_HEAVY:
        return True
    if path == "/v1/ranking":
        return not parameters.get("ids") or parameters["ids"].count(",") >= HEAVY_INDICATORS
    if path == "/v1/troubles":
        return parameters.get("ids", "").count(",") >= HEAVY_INDICATORS
    limit = parameters.get("limit", "")
    return limit.isdigit() and int(limit[:10]) > HEAVY_ROWS


@asynccontextmanager
async def _track_work(scope: Scope, receive: Receive) -> AsyncIterator[tuple[Scope, Receive]]:
    """The request's scope with a ``Work``, and a ``receive`` that ends the work when the client disconnects."""
    work = Work()
    messages: asyncio.Queue[Message] = asyncio.Queue(1)

    async def watch() -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                ending = asyncio.create_task(asyncio.to_thread(work.leave))
                await messages.put(message)
                await ending
                return
            await messages.put(message)

    watcher = asyncio.create_task(watch())
    try:
        yield {**scope, WORK: work}, messages.get
    finally:
        work.done()
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


def _with_timeout(send: Send) -> Send:
    async def send_in_time(message: Message) -> None:
        await asyncio.wait_for(send(message), SEND_TIMEOUT_S)

    return send_in_time
