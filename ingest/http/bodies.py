"""A request's body as separate events, read as it arrives."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import AsyncIterator
from email.message import Message

from starlette.requests import Request

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"

# An array can only be taken apart as a whole, lines can as they come.
MAX_ARRAY_BYTES = 10_000_000
MAX_ARRAY_EVENTS = 100_000
# Of a packed body so many bytes are unpacked at a time.
UNPACKED_PIECE_BYTES = 65_536

GZIP = "gzip"
_GZIP_NAMES = {GZIP, "x-gzip"}
_UTF8_NAMES = {"utf-8", "utf8", "us-ascii"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = re.compile(r"[ \t\r\n]*")
# Only where an element ends is of interest, not the value of its numbers.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str)


class BodyError(Exception):
    """A body that cannot be taken apart; ``status`` is the HTTP answer, ``raw`` what was read of it."""

    def __init__(self, status: int, detail: str, raw: bytes = b"", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.raw = raw
        self.headers = headers


async def event_parts(request: Request, max_bytes: int, max_event_bytes: int) -> AsyncIterator[list[bytes]]:
    """The body's events as bytes, not yet looked into, some at a time. Raises ``BodyError`` (400, 413, 415).

    The bounds hold for the unpacked body. An event longer than ``max_event_bytes`` is cut one byte behind it.
    """
    content_type = _content_type(request)
    pieces = _without_mark(_unpacked(request, max_bytes))
    if content_type == LINES:
        async for lines in _lines(pieces, max_bytes, max_event_bytes + 1):
            yield lines
    elif content_type == SINGLE:
        yield [await _whole(pieces, max_event_bytes, "an event")]
    else:
        what = f"a batch; send more as {LINES}"
        yield await asyncio.to_thread(_array, await _whole(pieces, min(max_bytes, MAX_ARRAY_BYTES), what))


def _content_type(request: Request) -> str:
    """One of the three; ``BodyError`` 415 for another one, or for text that is not UTF-8."""
    header = Message()
    header["Content-Type"] = request.headers.get("Content-Type", "")
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in {SINGLE, BATCH, LINES}:
        raise BodyError(415, f"Content-Type must be {SINGLE}, {BATCH} or {LINES}, not {content_type or 'absent'}")
    charset = str(header.get_param("charset", "utf-8")).lower()
    if charset not in _UTF8_NAMES:
        raise BodyError(415, f"Content-Type has charset={charset}; JSON is sent as UTF-8, so leave charset out")
    return content_type


async def _unpacked(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body as it was before its Content-Encoding, in pieces of a bounded size."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        async for piece in request.stream():
            yield piece
        return
    if coding not in _GZIP_NAMES:
        detail = f"Content-Encoding {coding} is not known here; send the body as it is, or packed with {GZIP}"
        raise BodyError(415, detail, headers={"Accept-Encoding": GZIP})
    packed_bytes = 0
    unpacking, is_whole = _new_unpacking(), True
    async for piece in request.stream():
        packed_bytes += len(piece)
        if packed_bytes > max_bytes:
            raise BodyError(413, f"a body may have {max_bytes} bytes, packed or not")
        packed = piece
        while packed and not (is_whole and not packed.strip(b"\0")):
            try:
                unpacked = unpacking.decompress(packed, UNPACKED_PIECE_BYTES)
            except zlib.error as error:
                raise BodyError(400, f"the body is not {GZIP}, as its Content-Encoding says: {error}") from error
            is_whole = unpacking.eof
            packed = unpacking.unused_data if is_whole else unpacking.unconsumed_tail
            if is_whole:
                # Several packed files one behind the other are one packed file, and blocks are filled up with zeros.
                unpacking = _new_unpacking()
            if unpacked:
                yield unpacked
            # Much may come out of little: others have their turn meanwhile.
            await asyncio.sleep(0)
    if not is_whole:
        raise BodyError(400, f"the {GZIP} body ends too early; what came before was taken, sending it again is safe")


def _new_unpacking() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


async def _without_mark(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same without a byte order mark at the beginning (RFC 8259, 8.1)."""
    first = b""
    async for piece in pieces:
        if len(first) < len(_BYTE_ORDER_MARK):
            first += piece
            if len(first) < len(_BYTE_ORDER_MARK):
                continue
            yield first.removeprefix(_BYTE_ORDER_MARK)
        else:
            yield piece
    if len(first) < len(_BYTE_ORDER_MARK):
        yield first


async def _lines(pieces: AsyncIterator[bytes], max_bytes: int, cut_at: int) -> AsyncIterator[list[bytes]]:
    rest = b""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > max_bytes:
            detail = f"a body may have {max_bytes} bytes; what came before was taken, sending it again is safe"
            raise BodyError(413, detail)
        first, *others = piece.split(b"\n")
        rest += first[: cut_at - len(rest)]
        if others:
            lines = [line[:cut_at] for line in (rest, *others[:-1]) if line and not line.isspace()]
            rest = others[-1][:cut_at]
            if lines:
                yield lines
    if rest and not rest.isspace():
        yield [rest]


async def _whole(pieces: AsyncIterator[bytes], max_bytes: int, what: str) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
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
            if len(elements) > MAX_ARRAY_EVENTS:
                raise BodyError(413, f"{MAX_ARRAY_EVENTS} events is the limit of a batch; send more as {LINES}", body)
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
