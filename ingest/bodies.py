"""A request's body as separate events, read as it arrives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.requests import Request

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"


class BodyError(Exception):
    """A body that cannot be taken apart; ``status`` is the HTTP answer, ``raw`` what was read of it."""

    def __init__(self, status: int, detail: str, raw: bytes = b"") -> None:
        super().__init__(detail)
        self.status = status
        self.raw = raw


async def event_lines(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """Each event of the body as bytes, not yet looked into. Raises ``BodyError`` (400, 413, 415)."""
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type == LINES:
        async for line in _lines(request, max_bytes):
            yield line
    elif content_type == SINGLE:
        yield await _whole(request, max_bytes)
    elif content_type == BATCH:
        for part in _array(await _whole(request, max_bytes)):
            yield part
    else:
        raise BodyError(415, f"Content-Type must be {SINGLE}, {BATCH} or {LINES}, not {content_type or 'absent'}")


async def _chunks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise BodyError(413, f"the body has more than {max_bytes} bytes; send it in parts")
        yield chunk


async def _lines(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for chunk in _chunks(request, max_bytes):
        rest += chunk
        *whole, last = rest.split(b"\n")
        rest = last
        for line in whole:
            if line.strip():
                yield bytes(line)
    if rest.strip():
        yield bytes(rest)


async def _whole(request: Request, max_bytes: int) -> bytes:
    return b"".join([chunk async for chunk in _chunks(request, max_bytes)])


def _array(body: bytes) -> list[bytes]:
    try:
        parts = json.loads(body)
    except ValueError as error:
        raise BodyError(400, f"the batch is not JSON: {error}", body) from error
    if not isinstance(parts, list):
        raise BodyError(400, "a batch is a JSON array of events", body)
    return [json.dumps(part, ensure_ascii=False).encode() for part in parts]
