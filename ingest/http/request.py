"""One request with events: reads its body in chunks, admits them, stores them, and collects the answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Admission
from ingest.admission.registry import Sender
from ingest.http.body_formats import LINES, SINGLE, BodyError, read_content_type, split_array, strip_mark, unpack
from ingest.outbox.batch import Refused, Stored
from ingest.outbox.outbox import Outbox

CHUNK_EVENTS = 500
CHUNK_BYTES = 1_000_000
# A long body must not be read faster than the disk takes it.
MAX_CHUNKS_WAITING = 4
# An array can only be split as a whole; lines can be split as they arrive.
MAX_ARRAY_BYTES = 10_000_000
UNREADABLE = {Reason.NOT_JSON.value, Reason.NOT_UTF8.value}
MAX_REJECTED = 10_000
"""Refused lines that one answer lists; the others are counted in ``rejected_more``."""
MAX_REFUSED, MAX_UNREADABLE = 50_000, 10_000
"""Refused lines of a request, and unreadable ones among them, after which the rest of its body is not read."""


async def read_events(request: Request, max_bytes: int, max_event_bytes: int) -> AsyncIterator[list[bytes]]:
    """The body's events as bytes, not decoded yet, some at a time. Raises ``BodyError`` (400, 413, 415).

    The bounds apply to the unpacked body. A longer event is cut one byte behind ``max_event_bytes``.
    """
    content_type = read_content_type(request)
    pieces = strip_mark(unpack(request, max_bytes))
    if content_type == LINES:
        async for lines in _split_lines(pieces, max_bytes, max_event_bytes + 1):
            yield lines
    elif content_type == SINGLE:
        yield [await _read_whole(pieces, max_event_bytes, "an event")]
    else:
        limited = f"a batch; send more as {LINES}"
        yield await asyncio.to_thread(split_array, await _read_whole(pieces, min(max_bytes, MAX_ARRAY_BYTES), limited))


async def _split_lines(pieces: AsyncIterator[bytes], max_bytes: int, cut_at: int) -> AsyncIterator[list[bytes]]:
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


async def _read_whole(pieces: AsyncIterator[bytes], max_bytes: int, limited: str) -> bytes:
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > max_bytes:
            raise BodyError(413, f"{max_bytes} bytes is the limit of {limited}", bytes(body[: max_bytes + 1]))
    return bytes(body)


class RequestIntake:
    """Takes the events of one request. ``OutboxError`` from any method: the sender should send it again later."""

    def __init__(self, admission: Admission, outbox: Outbox, sender: Sender) -> None:
        self.count = 0
        self.accepted = 0
        self.rejected: list[dict[str, Any]] = []
        self.rejected_more = 0
        self.last_seq = 0
        self._is_empty = True
        self._unreadable = 0
        self._admission = admission
        self._outbox = outbox
        self._sender = sender
        self._new_units: set[str] = set()
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._waiting: deque[asyncio.Future[Stored]] = deque()

    async def take_body(self, request: Request, max_bytes: int, max_event_bytes: int) -> None:
        """Reads the body up to a reason in ``stop_reason``; returns once every accepted event is synced.

        Raises ``BodyError`` when the body cannot be split into events; what came before is stored.
        """
        async for lines in read_events(request, max_bytes, max_event_bytes):
            self._is_empty = False
            await self._take_lines(lines)
            if self.stop_reason:
                break
        if self._lines:
            await self._admit_chunk()
        while self._waiting:
            await self._collect(self._waiting.popleft())
        self.rejected.sort(key=lambda entry: entry["index"])

    async def refuse_body(self, raw: bytes, refusal: Refusal) -> None:
        """Stores the beginning of a body that cannot be split into events; returns once it is synced."""
        await self._outbox.submit(await self._admission.refuse_body(raw, self.count, self._sender, refusal))

    async def _take_lines(self, lines: list[bytes]) -> None:
        for line in lines:
            self._lines.append(line)
            self._line_bytes += len(line)
            if len(self._lines) >= CHUNK_EVENTS or self._line_bytes >= CHUNK_BYTES:
                await self._admit_chunk()
                if self.stop_reason:
                    return
                if len(self._waiting) > MAX_CHUNKS_WAITING:
                    await self._collect(self._waiting.popleft())
                else:
                    # One large file must not keep a tablet's tap waiting.
                    await asyncio.sleep(0)

    async def _admit_chunk(self) -> None:
        lines, self._lines, self._line_bytes = self._lines, [], 0
        batch = await self._admission.admit_lines(lines, self.count, self._sender, self._new_units)
        self.count += len(lines)
        self._waiting.append(self._outbox.submit(batch))
        self._reject(batch.refused)
        self._unreadable += sum(line.refusal.reason.value in UNREADABLE for line in batch.refused)

    async def _collect(self, future: asyncio.Future[Stored]) -> None:
        stored = await future
        self.accepted += stored.accepted
        self.last_seq = stored.last_seq
        self._reject(stored.conflicts)

    def _reject(self, lines: list[Refused]) -> None:
        listed = lines[: MAX_REJECTED - len(self.rejected)]
        self.rejected_more += len(lines) - len(listed)
        for line in listed:
            entry = {"id": line.refusal.id, "reason": line.refusal.reason.value, "detail": line.refusal.detail}
            self.rejected.append({"index": line.index, **entry})

    @property
    def stop_reason(self) -> str | None:
        """Why the rest of the body is not read; None while there is no reason."""
        refused = len(self.rejected) + self.rejected_more
        if self._unreadable < MAX_UNREADABLE and refused < MAX_REFUSED:
            return None
        cause = (
            f"{self._unreadable} lines cannot be read" if self._unreadable >= MAX_UNREADABLE else f"{refused} refused"
        )
        return f"{cause} of the first {self.count}: mend them and send the body again; no more of it was looked at"

    @property
    def status(self) -> int:
        """202, or 400 when nothing could be read or too much was refused."""
        is_unreadable = self.count and self._unreadable == self.count
        return 400 if self._is_empty or self.stop_reason or is_unreadable else 202

    @property
    def answer(self) -> dict[str, Any]:
        """The JSON answer: how many events were accepted, and the refused ones by index."""
        answer: dict[str, Any] = {"accepted": self.accepted, "rejected": self.rejected}
        if self.rejected_more:
            answer["rejected_more"] = self.rejected_more
        if stop_reason := self.stop_reason:
            answer["detail"] = stop_reason
        return answer
