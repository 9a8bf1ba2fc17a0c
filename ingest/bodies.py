"""A request's body as separate events, read as it arrives."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

from starlette.requests import Request

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"

# An array can only be taken apart as a whole, lines can as they come.
MAX_ARRAY_BYTES = 10_000_000

_BLANK = re.compile(r"[ \t\r\n]*")
# Only where an element ends is of interest, not the value of its numbers.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str)


class BodyError(Exception):
    """A body that cannot be taken apart; ``status`` is the HTTP answer, ``raw`` what was read of it."""

    def __init__(self, status: int, detail: str, raw: bytes = b"") -> None:
        super().__init__(detail)
        self.status = status
        self.raw = raw


async def event_parts(request: Request, max_bytes: int, max_event_bytes: int) -> AsyncIterator[list[bytes]]:
    """The body's events as bytes, not yet looked into, some at a time. Raises ``BodyError`` (400, 413, 415).

    An event longer than ``max_event_bytes`` is cut behind its first byte too many.
    """
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type == LINES:
        async for lines in _lines(request, max_bytes, max_event_bytes + 1):
            yield lines
    elif content_type == SINGLE:
        yield [await _whole(request, max_event_bytes, "an event")]
    elif content_type == BATCH:
        told = f"a batch; send more as {LINES}"
        yield await asyncio.to_thread(_array, await _whole(request, min(max_bytes, MAX_ARRAY_BYTES), told))
    else:
        raise BodyError(415, f"Content-Type must be {SINGLE}, {BATCH} or {LINES}, not {content_type or 'absent'}")


async def _lines(request: Request, max_bytes: int, cut_at: int) -> AsyncIterator[list[bytes]]:
    rest = b""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            detail = f"a body may have {max_bytes} bytes; what came before was taken, sending it again is safe"
            raise BodyError(413, detail)
        first, *others = chunk.split(b"\n")
        rest += first[: cut_at - len(rest)]
        if others:
            lines = [line[:cut_at] for line in (rest, *others[:-1]) if line and not line.isspace()]
            rest = others[-1][:cut_at]
            if lines:
                yield lines
    if rest and not rest.isspace():
        yield [rest]


async def _whole(request: Request, max_bytes: int, what: str) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyError(413, f"{max_bytes} bytes is the limit of {what}", bytes(body[: max_bytes + 1]))
    return bytes(body)


def _array(body: bytes) -> list[bytes]:
    """The elements of a JSON array as they are written."""
    try:
        text = body.decode()
        at = _after_blank(text, 0)
        if text[at : at + 1] != "[":
            raise BodyError(400, "a batch is a JSON array of events", body)
        elements: list[bytes] = []
        at = _after_blank(text, at + 1)
        while elements or text[at : at + 1] != "]":
            _, end = _JSON.raw_decode(text, at)
            elements.append(text[at:end].encode())
            at = _after_blank(text, end)
            if text[at : at + 1] == "]":
                break
            if text[at : at + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
            at = _after_blank(text, at + 1)
        if (at := _after_blank(text, at + 1)) != len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    except (ValueError, RecursionError) as error:
        raise BodyError(400, f"the batch is not JSON: {error}", body) from error
    return elements


def _after_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
