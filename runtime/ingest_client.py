"""Sends events to ingest and does not give up while ingest is merely away.

Re-sending is safe: an event's id makes it the same event however often it arrives.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, NamedTuple

import httpx
from rich.console import Console

from runtime.addresses import uses_proxy

BATCH_EVENTS = 2_000
RETRY_STATUSES = {429, 500, 502, 503, 504}
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
ANSWER_TIMEOUT_S = 60.0
TELL_EVERY_S = 30.0
NEVER_WILL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""What no other try mends: the address or the key cannot be written in a request."""


class IngestError(Exception):
    """Ingest refused a whole request (401, 403, 400, 413), or was away for longer than the sender would wait."""


class Absence(NamedTuple):
    """Ingest does not take a batch: why, and how many seconds it is still waited for."""

    url: str
    trouble: str
    left_s: float


def print_absence(absence: Absence) -> None:
    """Tells whoever looks at the terminal what is waited for."""
    Console(stderr=True, highlight=False).print(absence_text(absence), markup=False, soft_wrap=True)


def absence_text(absence: Absence) -> str:
    """What is waited for, how long, and what to do, in a sentence."""
    return (
        f"ingest at {absence.url} does not take events ({absence.trouble}); trying again for {absence.left_s:.0f} s. "
        "Nothing is lost; Ctrl-C ends it, `hailong status` shows what runs"
    )


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
    """One sender's connection. ``patience_s`` is how long ingest may be away before ``IngestError``.

    ``on_absence`` is called at once when ingest does not take a batch, and every ``TELL_EVERY_S`` while that lasts.
    """

    def __init__(
        self,
        url: str,
        key: str,
        patience_s: float = 300.0,
        on_absence: Callable[[Absence], None] = print_absence,
    ) -> None:
        self._base_url = url
        self._url = f"{url}/v1/events"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/x-ndjson"}
        self._patience_s = patience_s
        self._on_absence = on_absence
        self._ended = threading.Event()
        self._http = httpx.Client(timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(url))

    def __enter__(self) -> IngestClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(self, lines: list[bytes]) -> dict[str, Any]:
        """Ingest's answer to one batch of JSON lines, after as many tries as its absence needs."""
        body = b"\n".join(lines)
        deadline = time.monotonic() + self._patience_s
        pause_s, told_at = FIRST_PAUSE_S, float("-inf")
        while True:
            asked_s: float | None = None
            try:
                answer = self._http.post(self._url, content=body, headers=self._headers)
            except (*NEVER_WILL, httpx.InvalidURL) as fault:
                raise IngestError(f"{type(fault).__name__}: {fault}") from fault
            except httpx.RequestError as fault:
                trouble = f"{type(fault).__name__}: {fault}"
            else:
                if answer.status_code == httpx.codes.ACCEPTED:
                    return _result(answer)
                trouble = f"{answer.status_code}: {answer.text[:300]}".rstrip(": ")
                if answer.status_code not in RETRY_STATUSES:
                    raise IngestError(trouble)
                asked_s = retry_after_s(answer.headers, datetime.now(UTC))
            now = time.monotonic()
            if now >= deadline or self._ended.is_set():
                raise IngestError(f"no answer in {self._patience_s:.0f} s; the last: {trouble}")
            if now - told_at >= TELL_EVERY_S:
                told_at = now
                self._on_absence(Absence(self._base_url, trouble, deadline - now))
            wait_s = pause_s * random.uniform(0.5, 1.5) if asked_s is None else max(asked_s, FIRST_PAUSE_S)
            # Whoever asks for more than is left gets one more try at the end.
            self._ended.wait(min(wait_s, deadline - now))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def send(self, lines: Iterable[bytes], on_batch: Callable[[Receipt], None] | None = None) -> Receipt:
        """Sends every line in order, the next batch being made while ingest works on the last one."""
        receipt = Receipt()
        self._ended.clear()
        waiting: tuple[int, Future[dict[str, Any]]] | None = None
        with ThreadPoolExecutor(max_workers=1) as worker:
            try:
                for batch in _batches(lines):
                    posted = (len(batch), worker.submit(self._post_in_turn, batch))
                    if waiting:
                        _account(receipt, waiting, on_batch)
                    waiting = posted
                if waiting:
                    _account(receipt, waiting, on_batch)
            except BaseException:
                # Ctrl-C does not wait until the patience with the batch on its way has ended.
                self._ended.set()
                raise
        return receipt

    def _post_in_turn(self, lines: list[bytes]) -> dict[str, Any]:
        """One batch of many: when one has failed, the next is not waited for as long again."""
        if self._ended.is_set():
            raise IngestError("the batch before was not taken")
        try:
            return self.post(lines)
        except IngestError:
            self._ended.set()
            raise


def retry_after_s(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3: seconds or a date); None when it does not say so.

    A date is held against the answer's own ``Date`` where it has one: the clocks of the two machines may differ.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max((until - (_http_date(headers.get("Date", "")) or now)).total_seconds(), 0.0)


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _result(answer: httpx.Response) -> dict[str, Any]:
    try:
        result = answer.json()
        if isinstance(result["rejected"], list) and isinstance(result["accepted"], int):
            return dict(result)
    except (ValueError, KeyError, TypeError):
        pass
    raise IngestError(f"what answers there is not ingest: {answer.status_code}: {answer.text[:300]}")


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
