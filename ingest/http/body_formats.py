"""Formats of request bodies: content types, gzip, byte order marks and JSON arrays."""

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

MAX_ARRAY_EVENTS = 100_000
# A packed body is unpacked in pieces of this size.
UNPACKED_PIECE_BYTES = 65_536

GZIP = "gzip"
_GZIP_NAMES = {GZIP, "x-gzip"}
_UTF8_NAMES = {"utf-8", "utf8", "us-ascii"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = re.compile(r"[ \t\r\n]*")
# Only the end of each element matters, not the values of its numbers.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str)


class BodyError(Exception):
    """A body that cannot be split into events; ``status`` is the HTTP status, ``raw`` the part that was read."""

    def __init__(self, status: int, detail: str, raw: bytes = b"", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.raw = raw
        self.headers = headers


def read_content_type(request: Request) -> str:
    """``SINGLE``, ``BATCH`` or ``LINES``; ``BodyError`` 415 for any other one and for charsets other than UTF-8."""
    header = Message()
    header["Content-Type"] = request.headers.get("Content-Type", "")
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type not in {SINGLE, BATCH, LINES}:
        raise BodyError(415, f"Content-Type must be {SINGLE}, {BATCH} or {LINES}, not {content_type or 'absent'}")
    charset = str(header.get_param("charset", "utf-8")).lower()
    if charset not in _UTF8_NAMES:
        raise BodyError(415, f"Content-Type has charset={charset}; JSON is sent as UTF-8, so leave charset out")
    return content_type


async def unpack(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    """The body without its Content-Encoding, in pieces of bounded size; ``BodyError`` 400, 413 or 415."""
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding in {"", "identity"}:
        async for piece in request.stream():
            yield piece
        return
    if coding not in _GZIP_NAMES:
        detail = f"Content-Encoding {coding} is not known here; send the body as it is, or packed with {GZIP}"
        raise BodyError(415, detail, headers={"Accept-Encoding": GZIP})
    packed_bytes = 0
    unpacker, is_complete = _new_unpacker(), True
    async for piece in request.stream():
        packed_bytes += len(piece)
        if packed_bytes > max_bytes:
            raise BodyError(413, f"a body may have {max_bytes} bytes, packed or not")
        packed = piece
        while packed and not (is_complete and not packed.strip(b"\0")):
            try:
                unpacked = unpacker.decompress(packed, UNPACKED_PIECE_BYTES)
            except zlib.error as error:
                raise BodyError(400, f"the body is not {GZIP}, as its Content-Encoding says: {error}") from error
            is_complete = unpacker.eof
            packed = unpacker.unused_data if is_complete else unpacker.unconsumed_tail
            if is_complete:
                # A gzip file may consist of several members, and be padded with zeros.
                unpacker = _new_unpacker()
            if unpacked:
                yield unpacked
            # A small piece may unpack to a large one; other requests have their turn meanwhile.
            await asyncio.sleep(0)
    if not is_complete:
        raise BodyError(400, f"the {GZIP} body ends too early; what came before was taken, sending it again is safe")


def _new_unpacker() -> zlib._Decompress:
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)


async def strip_mark(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces without a byte order mark at the beginning (RFC 8259, 8.1)."""
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


def split_array(body: bytes) -> list[bytes]:
    """The elements of a JSON array as they are written; ``BodyError`` 400 or 413."""
    try:
        text = body.decode()
        at = _skip_blank(text, 0)
        if text[at : at + 1] != "[":
            raise BodyError(400, "a batch is a JSON array of events", body)
        elements: list[bytes] = []
        at = _skip_blank(text, at + 1)
        while elements or text[at : at + 1] != "]":
            _, end = _JSON.raw_decode(text, at)
            elements.append(text[at:end].encode())
            if len(elements) > MAX_ARRAY_EVENTS:
                raise BodyError(413, f"{MAX_ARRAY_EVENTS} events is the limit of a batch; send more as {LINES}", body)
            at = _skip_blank(text, end)
            if text[at : at + 1] == "]":
                break
            if text[at : at + 1] != ",":
                raise json.JSONDecodeError("Expecting ',' or ']'", text, at)
            at = _skip_blank(text, at + 1)
        if (at := _skip_blank(text, at + 1)) != len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    except (ValueError, RecursionError) as error:
        raise BodyError(400, f"the batch is not JSON: {error}", body) from error
    return elements


def _skip_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
