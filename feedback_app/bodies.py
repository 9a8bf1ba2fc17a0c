"""Bounds for all routes of the citizens' server: size and time of a body, and requests at once.

The server stands on the internet and most of its routes ask for no key. So a body longer than a form or a tap is not
read, a body that comes too slowly is not awaited, and a flood of one kind of page leaves the others alone.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 65_536
"""The longest form has 1,200 characters of text, up to 15 kB as browsers encode them; a tap has 200 bytes."""

READ_WITHIN_S = 10.0
DRAINED_BYTES = 16 * MOST_BYTES
DRAINED_WITHIN_S = 2.0
"""A refused body is read up to here before the connection is closed, so that a client still sending gets the answer."""

RETRY_AFTER_S = 5
TOO_LARGE = f"the body is longer than {MOST_BYTES} bytes"
TOO_SLOW = f"the body did not come within {READ_WITHIN_S:.0f} s"


MOST_BUSY = 32
MOST_WAITING = 256


@dataclass
class Lane:
    """Requests of one kind: those being answered, and those whose bodies are awaited, which cost only memory."""

    busy: int = 0
    waiting: int = 0

    @property
    def is_full(self) -> bool:
        """Whether a further request is refused with 503."""
        return self.busy >= MOST_BUSY or self.waiting >= MOST_WAITING


def lanes() -> Mapping[str, Lane]:
    """By the beginning of the path. Paths without a lane (the tablet's page, health) cost only a file."""
    return {start: Lane() for start in ("/comment-link", "/c/", "/r/", "/pair")}


class Bodies:
    """The outermost layer: answers 413, 408 and 503 before anything is parsed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lanes = lanes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses the request, or lets the application read at most ``MOST_BYTES`` within ``READ_WITHIN_S``."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > MOST_BYTES:
            await _refuse(receive, send, 413, TOO_LARGE)
            return
        lane = next((lane for start, lane in self._lanes.items() if scope["path"].startswith(start)), None)
        if lane and lane.is_full:
            await _refuse(receive, send, 503, "too many at once; come again")
            return
        # A request without a lane is counted all the same, to no effect.
        lane = lane or Lane()
        reading = _Reading(receive, lane)
        lane.busy += 1
        try:
            await self._app(scope, reading, _closing(send, reading) if _has_body(scope) else send)
        finally:
            lane.busy -= 1


class _Reading:
    """A request's body, counted and timed. Raises HTTPException, which the application answers with."""

    def __init__(self, receive: Receive, lane: Lane) -> None:
        self._receive = receive
        self._lane = lane
        self._bytes = 0
        self._ends_s: float | None = None
        self.is_done = False

    async def __call__(self) -> Message:
        if self.is_done:
            return await self._receive()
        now_s = asyncio.get_running_loop().time()
        self._ends_s = self._ends_s or now_s + READ_WITHIN_S
        self._lane.busy -= 1
        self._lane.waiting += 1
        try:
            message = await asyncio.wait_for(self._receive(), self._ends_s - now_s)
        except TimeoutError:
            raise HTTPException(408, TOO_SLOW) from None
        finally:
            self._lane.busy += 1
            self._lane.waiting -= 1
        self._bytes += len(message.get("body", b""))
        if self._bytes > MOST_BYTES:
            raise HTTPException(413, TOO_LARGE)
        self.is_done = not message.get("more_body", False)
        return message


def _closing(send: Send, reading: _Reading) -> Send:
    """Closes the connection after an answer that is sent before the whole body was read."""

    async def send_(message: Message) -> None:
        if message["type"] == "http.response.start" and not reading.is_done:
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return send_


def _has_body(scope: Scope) -> bool:
    return _announced(scope) > 0 or "transfer-encoding" in Headers(scope=scope)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0


async def _refuse(receive: Receive, send: Send, status: int, detail: str) -> None:
    headers = {"Connection": "close"} | ({"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {})
    answer = JSONResponse({"detail": detail}, status, headers)
    await send({"type": "http.response.start", "status": status, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_drain(receive), DRAINED_WITHIN_S)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    drained = 0
    while drained <= DRAINED_BYTES:
        message = await receive()
        drained += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
