"""Requests that arrive together go to the disk together: one hand-over and one answer between the threads for all."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress

from ingest.door import Door
from ingest.outbox.batch import Batch, Stored
from ingest.outbox.file import OutboxError

Item = tuple[Batch, asyncio.Future[Stored]]


class Gathering:
    """Used by the event loop's thread alone."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._items: list[Item] = []

    def hand_in(self, batch: Batch) -> asyncio.Future[Stored]:
        """Goes to the outbox at the end of this turn of the loop; done when synced, or fails with ``OutboxError``."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[Stored] = loop.create_future()
        if not self._items:
            loop.call_soon(self._hand_over, loop)
        self._items.append((batch, stored))
        return stored

    def _hand_over(self, loop: asyncio.AbstractEventLoop) -> None:
        items, self._items = self._items, []

        def tell(done: Future[list[Stored]]) -> None:
            # A loop that ended has nobody left to tell.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_answer, items, done)

        try:
            self._door.submit([batch for batch, _ in items]).add_done_callback(tell)
        except OutboxError as error:
            _fail(items, error)


def _answer(items: list[Item], done: Future[list[Stored]]) -> None:
    if error := done.exception():
        _fail(items, error)
        return
    for (_, stored), answer in zip(items, done.result(), strict=True):
        if not stored.done():
            stored.set_result(answer)


def _fail(items: list[Item], error: BaseException) -> None:
    for _, stored in items:
        if not stored.done():
            stored.set_exception(error)
