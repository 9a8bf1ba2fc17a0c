"""Sends events to ingest and does not give up while ingest is merely away.

Re-sending is safe: an event's id makes it the same event however often it arrives.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

BATCH_EVENTS = 2_000
RETRY_STATUSES = {429, 500, 502, 503, 504}
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
ANSWER_TIMEOUT_S = 60.0


class IngestError(Exception):
    """Ingest refused a whole request (401, 403, 400, 413), or was away for longer than the sender would wait."""


@dataclass
class Receipt:
    """What became of the events sent so far. ``rejected`` holds ingest's own entries: index, id, reason, detail."""

    sent: int = 0
    accepted: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """Refusals by reason."""
        return Counter(entry["reason"] for entry in self.rejected)


class IngestClient:
    """One sender's connection. ``patience_s`` is how long ingest may be away before ``IngestError``."""

    def __init__(self, url: str, key: str, patience_s: float = 300.0) -> None:
        self._url = f"{url}/v1/events"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self._patience_s = patience_s
        self._http = httpx.Client(timeout=ANSWER_TIMEOUT_S)

    def __enter__(self) -> IngestClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, lines: list[bytes]) -> dict[str, Any]:
        """Ingest's answer to one batch of JSON lines, after as many tries as its absence needs."""
        body = b"\n".join(lines)
        deadline = time.monotonic() + self._patience_s
        pause_s = FIRST_PAUSE_S
        while True:
            asked_s: float | None = None
            try:
                answer = self._http.post(self._url, content=body, headers=self._headers)
            except httpx.TransportError as fault:
                trouble = f"{type(fault).__name__}: {fault}"
            else:
                if answer.status_code == httpx.codes.ACCEPTED:
                    result: dict[str, Any] = answer.json()
                    return result
                trouble = f"{answer.status_code}: {answer.text[:300]}"
                if answer.status_code not in RETRY_STATUSES:
                    raise IngestError(trouble)
                asked_s = float(answer.headers.get("Retry-After", 0)) or None
            if time.monotonic() > deadline:
                raise IngestError(f"no answer in {self._patience_s:.0f} s; the last: {trouble}")
            time.sleep(asked_s or pause_s * random.uniform(0.5, 1.5))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def send(self, lines: Iterable[bytes], on_batch: Callable[[Receipt], None] | None = None) -> Receipt:
        """Sends every line in order, the next batch being made while ingest works on the last one."""
        receipt = Receipt()
        waiting: tuple[int, Future[dict[str, Any]]] | None = None
        with ThreadPoolExecutor(max_workers=1) as worker:
            for batch in _batches(lines):
                posted = (len(batch), worker.submit(self.post, batch))
                if waiting:
                    _account(receipt, waiting, on_batch)
                waiting = posted
            if waiting:
                _account(receipt, waiting, on_batch)
        return receipt


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while batch := list(islice(rest, BATCH_EVENTS)):
        yield batch


def _account(
    receipt: Receipt, waiting: tuple[int, Future[dict[str, Any]]], on_batch: Callable[[Receipt], None] | None
) -> None:
    size, future = waiting
    answer = future.result()
    for entry in answer["rejected"]:
        receipt.rejected.append({**entry, "index": entry["index"] + receipt.sent})
    receipt.sent += size
    receipt.accepted += answer["accepted"]
    if on_batch:
        on_batch(receipt)
