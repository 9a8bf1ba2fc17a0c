"""How many questions are answered at once: a few heavy ones, more of the others, and health always.

Beyond that an answer is 503 with ``Retry-After``. What a question does in the store ends when who asked has gone.
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
"""How long a question waits for its turn before it is told to come again."""

MOST_WAITING = 200
SEND_TIMEOUT_S = 60.0
"""Who takes nothing of an answer for so long is taken for gone, so that nobody keeps a lane by reading slowly."""

HEAVY_ROWS, HEAVY_INDICATORS = 10_000, 20
ALWAYS_HEAVY = frozenset({"/v1/reference", "/v1/staff-sheet"})
RETRY_AFTER_S = {"heavy": 3, "others": 2}
"""Shorter than a connection without questions is kept open, so that nobody asks again on one that just ends."""
BUSY = "as many questions as can be answered at once are under way; ask again in {seconds} seconds"
WORK = "hailong.work"
"""The key of a request's scope under which its ``Work`` is found."""


class Lane:
    """Questions of one kind, so many of them at once."""

    def __init__(self, name: str, at_once: int, wait_s: float) -> None:
        self.name, self._wait_s = name, wait_s
        self._places = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def enter(self) -> bool:
        """Whether there is a place, after waiting for one; who has one gives it back by ``leave``."""
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
    """Around the read API's application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._heavy = Lane("heavy", HEAVY_AT_ONCE, HEAVY_WAITS_S)
        self._others = Lane("others", OTHERS_AT_ONCE, OTHERS_WAIT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
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
            async with _work(scope, receive) as (scope_of_work, receive_next):
                await self._app(scope_of_work, receive_next, _patient(send))
        finally:
            lane.leave()


def is_heavy(path: str, asked: QueryParams) -> bool:
    """Whether a question can ask for more than ten thousand rows."""
    if path in ALWAYS_HEAVY:
        return True
    if path == "/v1/ranking":
        return not asked.get("ids") or asked["ids"].count(",") >= HEAVY_INDICATORS
    if path == "/v1/troubles":
        return asked.get("ids", "").count(",") >= HEAVY_INDICATORS
    limit = asked.get("limit", "")
    return limit.isdigit() and int(limit[:10]) > HEAVY_ROWS


@asynccontextmanager
async def _work(scope: Scope, receive: Receive) -> AsyncIterator[tuple[Scope, Receive]]:
    """The request with its ``Work``, which is ended when the connection is."""
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


def _patient(send: Send) -> Send:
    async def sent(message: Message) -> None:
        await asyncio.wait_for(send(message), SEND_TIMEOUT_S)

    return sent
