"""The one client of ingest: sends events, and waits while ingest is merely away.

Re-sending is safe: an event's id makes it the same event however often it arrives. ``IngestClient`` is for commands,
which wait and try again; ``AsyncIngestClient`` is for services, which answer people meanwhile and try once.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
TRY_TIMEOUT_S = 10.0
"""How long a service waits for ingest's answer before it says that ingest is away."""
REPORT_EVERY_S = 30.0
NEVER_WILL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""Errors that no other try mends: the address or the key cannot be written in a request."""

Event = Mapping[str, Any]


class IngestError(Exception):
    """Ingest refused a whole request (401, 403, 400, 413), or was away for longer than the sender would wait."""


class IngestRefusedError(IngestError):
    """Ingest answered with a status below 500, which no other try mends."""


class Absence(NamedTuple):
    """Ingest does not take a batch: why, and for how many seconds more the sender waits."""

    url: str
    trouble: str
    left_s: float


class Rejection(NamedTuple):
    """Why ingest did not take one event: a reason (``contract.events.refusals``) and a sentence for the sender."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def event_line(event: Event) -> bytes:
    """The event as one line of JSON."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def first_rejection(rejected: Sequence[Mapping[str, Any]]) -> Rejection | None:
    """The first of ingest's ``rejected`` entries; None when there is none."""
    return Rejection(rejected[0]["reason"], rejected[0]["detail"]) if rejected else None


def print_absence(absence: Absence) -> None:
    """Prints on the terminal what is waited for."""
    Console(stderr=True, highlight=False).print(absence_text(absence), markup=False, soft_wrap=True)


def absence_text(absence: Absence) -> str:
    """What is waited for, how long, and what to do, in a sentence."""
    return (
        f"ingest at {absence.url} does not take events ({absence.trouble}); trying again for {absence.left_s:.0f} s. "
        "Nothing is lost; Ctrl-C ends it, `hailong status` shows what runs"
    )


@dataclass
class Receipt:
    """The outcome of the events sent so far. ``rejected`` holds ingest's own entries: index, id, reason, detail."""

    sent: int = 0
    accepted: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """Refusals by reason."""
        return Counter(entry["reason"] for entry in self.rejected)

    @property
    def first_rejection(self) -> Rejection | None:
        """The first refusal; None when every event was taken."""
        return first_rejection(self.rejected)


class IngestClient:
    """One sender's connection. ``patience_s`` is how long ingest may be away before ``IngestError``.

    ``on_absence`` is called at once when ingest does not take a batch, and every ``REPORT_EVERY_S`` while that lasts.
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
        pause_s, reported_at = FIRST_PAUSE_S, float("-inf")
        while True:
            requested_wait_s: float | None = None
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
                requested_wait_s = retry_after_s(answer.headers, datetime.now(UTC))
            now = time.monotonic()
            if now >= deadline or self._ended.is_set():
                raise IngestError(f"no answer in {self._patience_s:.0f} s; the last: {trouble}")
            if now - reported_at >= REPORT_EVERY_S:
                reported_at = now
                self._on_absence(Absence(self._base_url, trouble, deadline - now))
            wait_s = (
                pause_s * random.uniform(0.5, 1.5) if requested_wait_s is None else max(requested_wait_s, FIRST_PAUSE_S)
            )
            # Whoever asks for more than is left gets one more try at the end.
            self._ended.wait(min(wait_s, deadline - now))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def send(self, lines: Iterable[bytes], on_batch: Callable[[Receipt], None] | None = None) -> Receipt:
        """Sends every line in order, the next batch being made while ingest works on the last one."""
        receipt = Receipt()
        self._ended.clear()
        posted: tuple[int, Future[dict[str, Any]]] | None = None
        with ThreadPoolExecutor(max_workers=1) as worker:
            try:
                for batch in _batches(lines):
                    newest = (len(batch), worker.submit(self._post_in_turn, batch))
                    if posted:
                        _add_answer(receipt, posted, on_batch)
                    posted = newest
                if posted:
                    _add_answer(receipt, posted, on_batch)
            except BaseException:
                # Ctrl-C does not wait until the patience with the batch on its way has ended.
                self._ended.set()
                raise
        return receipt

    def send_event(self, event: Event) -> Rejection | None:
        """Sends one event, with as many tries as ingest's absence needs; why it was refused, None when it was taken."""
        return self.send([event_line(event)]).first_rejection

    def _post_in_turn(self, lines: list[bytes]) -> dict[str, Any]:
        """One batch of many: when one has failed, the next is not waited for as long again."""
        if self._ended.is_set():
            raise IngestError("the batch before was not taken")
        try:
            return self.post(lines)
        except IngestError:
            self._ended.set()
            raise


def post_event(url: str, key: str, event: Event, timeout_s: float = TRY_TIMEOUT_S) -> Rejection | None:
    """Sends one event by a single try; why it was refused, None when it was taken. Raises ``IngestError``."""
    body, headers = _body_and_headers([event], key)
    try:
        answer = httpx.post(
            f"{url}/v1/events", json=body, headers=headers, timeout=timeout_s, trust_env=uses_proxy(url)
        )
        return _rejection_in(answer)
    except httpx.HTTPError as error:
        raise IngestError(str(error)) from error


def get_devices(url: str, key: str) -> list[dict[str, Any]]:
    """The newest pairing or revocation of every tablet. Raises ``IngestError``."""
    headers = {"Authorization": f"Bearer {key}"}
    try:
        answer = httpx.get(f"{url}/v1/devices", headers=headers, timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(url))
    except httpx.HTTPError as error:
        raise IngestError(str(error)) from error
    return _devices_in(answer)


class AsyncIngestClient:
    """Ingest for a service: every request is tried once and raises ``IngestError`` when ingest is away."""

    def __init__(self, url: str, key: str, timeout_s: float = TRY_TIMEOUT_S) -> None:
        self._key = key
        self._http = httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=uses_proxy(url))

    async def post(self, events: Sequence[Event]) -> Rejection | None:
        """Sends events together; why the first refused one was refused, None when all were taken."""
        body, headers = _body_and_headers(events, self._key)
        try:
            return _rejection_in(await self._http.post("/v1/events", json=body, headers=headers))
        except httpx.HTTPError as error:
            raise IngestError(str(error)) from error

    async def get_devices(self) -> list[dict[str, Any]]:
        """The newest pairing or revocation of every tablet."""
        try:
            answer = await self._http.get("/v1/devices", headers={"Authorization": f"Bearer {self._key}"})
        except httpx.HTTPError as error:
            raise IngestError(str(error)) from error
        return _devices_in(answer)

    async def get_own_configuration(self, authorization: str) -> dict[str, Any] | None:
        """The configuration of the tablet that shows this ``Authorization``; None for a token that is not valid.

        Holds ``device``, ``unit`` and ``counter`` among others.
        """
        try:
            answer = await self._http.get("/v1/device-configuration", headers={"Authorization": authorization})
            if answer.status_code in {401, 403, 404}:
                return None
            content: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise IngestError(str(error)) from error
        return content


def _body_and_headers(events: Sequence[Event], key: str) -> tuple[Any, dict[str, str]]:
    kind = "cloudevents" if len(events) == 1 else "cloudevents-batch"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": f"application/{kind}+json"}
    return (events[0] if len(events) == 1 else list(events)), headers


def _rejection_in(answer: httpx.Response) -> Rejection | None:
    return first_rejection(_result(answer.raise_for_status())["rejected"])


def _devices_in(answer: httpx.Response) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = answer.raise_for_status().json()["devices"]
    except httpx.HTTPStatusError as error:
        raise (IngestRefusedError if answer.status_code < 500 else IngestError)(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise IngestError(str(error)) from error
    return rows


def retry_after_s(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3: seconds or a date); None when it does not say so.

    A date is compared with the answer's own ``Date`` where it has one: the clocks of the two machines may differ.
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
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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


def _add_answer(
    receipt: Receipt, posted: tuple[int, Future[dict[str, Any]]], on_batch: Callable[[Receipt], None] | None
) -> None:
    size, future = posted
    answer = future.result()
    for entry in answer["rejected"]:
        receipt.rejected.append({**entry, "index": entry["index"] + receipt.sent})
    receipt.sent += size
    receipt.accepted += answer["accepted"]
    if on_batch:
        on_batch(receipt)
