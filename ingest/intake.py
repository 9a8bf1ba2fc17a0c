"""One request's way through the door: lines in, in chunks, and the account of every one of them out."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Sender
from ingest.door import Door
from ingest.gathering import Gathering
from ingest.outbox.batch import Refused, Stored

CHUNK_EVENTS = 500
CHUNK_BYTES = 1_000_000
# A long body must not be read faster than the disk takes it.
MAX_CHUNKS_WAITING = 4
# Lines are judged for so long at a time, then other requests have their turn.
SLICE_S = 0.01
# A longer line may take longer than that: it is judged in a thread beside the event loop.
LONG_LINE_BYTES = 8_000
UNREADABLE = {Reason.NOT_JSON.value, Reason.NOT_UTF8.value}
MOST_REJECTED = 10_000
"""Refused lines that one answer names; the others are counted in ``rejected_more``."""
MOST_REFUSED, MOST_UNREADABLE = 50_000, 10_000
"""Refused lines, and among them those in which nothing can be read, after which no more of a request is looked at."""


class Intake:
    """Takes the lines of one request. ``OutboxError`` from any method: the sender should come again."""

    def __init__(self, door: Door, gathering: Gathering, sender: Sender) -> None:
        self.count = 0
        self.accepted = 0
        self.rejected: list[dict[str, Any]] = []
        self.rejected_more = 0
        self.last_seq = 0
        self._unreadable = 0
        self._door = door
        self._gathering = gathering
        self._sender = sender
        self._new_units: set[str] = set()
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._waiting: deque[asyncio.Future[Stored]] = deque()

    async def take(self, lines: list[bytes]) -> None:
        """Judges lines until the request is ``given_up`` and hands them to the outbox; waits when much is under way."""
        for line in lines:
            self._lines.append(line)
            self._line_bytes += len(line)
            if len(self._lines) >= CHUNK_EVENTS or self._line_bytes >= CHUNK_BYTES:
                await self._admit()
                if self.given_up:
                    return
                if len(self._waiting) > MAX_CHUNKS_WAITING:
                    await self._account(self._waiting.popleft())
                else:
                    # One large file must not keep a tablet's tap waiting.
                    await asyncio.sleep(0)

    async def finish(self) -> None:
        """Returns once every accepted event is synced."""
        if self._lines:
            await self._admit()
        while self._waiting:
            await self._account(self._waiting.popleft())
        self.rejected.sort(key=lambda entry: entry["index"])

    async def refuse_body(self, raw: bytes, refusal: Refusal) -> None:
        """Keeps the beginning of a body that could not be taken apart, and waits until it is synced."""
        batch = self._door.new_batch(self._door.clock(), self._sender)
        await self._door.beside(self._door.refuse, batch, self.count, raw, refusal)
        await self._gathering.hand_in(batch)

    async def _admit(self) -> None:
        lines, self._lines, self._line_bytes = self._lines, [], 0
        now = self._door.clock()
        batch = self._door.new_batch(now, self._sender)
        judge_line = self._door.judge_line
        resumed_s = time.perf_counter()
        for index, line in enumerate(lines, self.count):
            if len(line) > LONG_LINE_BYTES:
                await self._door.beside(judge_line, batch, index, line, self._sender, self._new_units, now)
            else:
                judge_line(batch, index, line, self._sender, self._new_units, now)
            if time.perf_counter() - resumed_s > SLICE_S:
                await asyncio.sleep(0)
                resumed_s = time.perf_counter()
        self.count += len(lines)
        self._door.require_room(batch)
        self._reject(batch.refused)
        self._unreadable += sum(line.refusal.reason.value in UNREADABLE for line in batch.refused)
        self._waiting.append(self._gathering.hand_in(batch))

    @property
    def given_up(self) -> str | None:
        """Why no more of the request is looked at; None while there is no reason."""
        refused = len(self.rejected) + self.rejected_more
        if self._unreadable < MOST_UNREADABLE and refused < MOST_REFUSED:
            return None
        what = (
            f"{self._unreadable} lines cannot be read" if self._unreadable >= MOST_UNREADABLE else f"{refused} refused"
        )
        return f"{what} of the first {self.count}: mend them and send the body again; no more of it was looked at"

    @property
    def nothing_read(self) -> bool:
        """Whether not one line was JSON."""
        return self._unreadable == self.count

    async def _account(self, future: asyncio.Future[Stored]) -> None:
        stored = await future
        self.accepted += stored.accepted
        self.last_seq = stored.last_seq
        self._reject(stored.conflicts)

    def _reject(self, lines: list[Refused]) -> None:
        named = lines[: MOST_REJECTED - len(self.rejected)]
        self.rejected_more += len(lines) - len(named)
        for line in named:
            entry = {"id": line.refusal.id, "reason": line.refusal.reason.value, "detail": line.refusal.detail}
            self.rejected.append({"index": line.index, **entry})
