"""Waits until the accepted events are stored and counted, and reports meanwhile what is being done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from runtime.api_client import ApiClient, ApiError, ApiStatusError, ApiTimeoutError
from runtime.service_client import ServiceError, read_metrics
from runtime.settings import Settings

POLL_S = 0.25
STALL_S = 60.0
"""The wait ends when nothing moves for so long and the stream reports no work."""
WORKING_STALL_S = 1800.0
"""The same while the stream has messages in hand: recomputing all dossiers once may take this long."""
QUIET_S = 1.0
QUIET_WITHIN_S = 15.0
"""New events of a known source are counted after ``QUIET_S`` without a change, or after this time."""
UNAVAILABLE = 503
ANSWER_TIMEOUT_S = 10.0


class NotReachable(Exception):  # noqa: N818 - a state, not a fault of the import
    """The read API does not answer; the text says why."""


class Counts(NamedTuple):
    """Distinct events of a source: ``rows`` in the raw table, ``stored`` of them in every figure."""

    rows: int
    stored: int


class Work(NamedTuple):
    """The stream's work: messages ``in_hand`` and ``unread``, and the ``flushes`` that it has finished."""

    in_hand: int
    unread: int
    flushes: int

    @property
    def waiting(self) -> int:
        """Messages that are not in every figure yet."""
        return self.in_hand + self.unread


class WaitResult(NamedTuple):
    """How a wait ended. ``reason`` says why not all are counted yet; empty when all are."""

    counts: Counts
    reason: str = ""


def counts_now(settings: Settings, source: str) -> Counts | None:
    """The counts of a source at this moment; None when the read API or the store does not answer."""
    try:
        with _api(settings) as api:
            return _counts(api, source)
    except NotReachable:
        return None


def wait_until_stored(
    settings: Settings,
    source: str,
    accepted: int,
    on_progress: Callable[[int, str], None],
    before: Counts | None = None,
    stall_s: float | None = None,
) -> WaitResult:
    """Waits until ``accepted`` events of ``source`` are in every figure, or nothing moves any more.

    Earlier imports of the same source count too: with the counts ``before`` this one, the wait goes on until the
    counts are at rest, so that their growth is what was new. ``on_progress`` gets the number in the figures and, in
    words, what is being done. Raises ``NotReachable`` when the read API does not answer.
    """
    stall_s = STALL_S if stall_s is None else stall_s
    counts, work = Counts(0, 0), None
    counts_rest, all_rest, enough_rest = _Rest(), _Rest(), _Rest()
    is_known_source = bool(before and before.rows)
    with _api(settings) as api:
        while True:
            answer = _counts(api, source)
            counts = answer or counts
            is_enough = counts.stored >= accepted
            if is_known_source or not is_enough:
                work = _work(settings.stream_url)
            on_progress(counts.stored, _doing(answer, counts, accepted, work))
            is_working = work is not None and work.waiting > 0
            counts_rest_s, all_rest_s = counts_rest.seconds(counts), all_rest.seconds((counts, work))
            enough_s = enough_rest.seconds(is_enough)
            if is_enough:
                at_rest = counts.rows == counts.stored and not is_working and all_rest_s >= QUIET_S
                if not is_known_source or at_rest or enough_s >= QUIET_WITHIN_S:
                    return WaitResult(counts)
            elif counts_rest_s > WORKING_STALL_S or (not is_working and all_rest_s > stall_s):
                return WaitResult(counts, _reason(answer, counts, accepted, work, settings, counts_rest_s))
            time.sleep(POLL_S)


class _Rest:
    """For how long a value has not changed."""

    def __init__(self) -> None:
        self._value: object = None
        self._since = time.monotonic()

    def seconds(self, value: object) -> float:
        """Seconds for which it has been this ``value``."""
        if value != self._value:
            self._value, self._since = value, time.monotonic()
        return time.monotonic() - self._since


def _doing(answer: Counts | None, counts: Counts, accepted: int, work: Work | None) -> str:
    if answer is None:
        return "the store does not answer; waiting for it"
    if work and work.waiting:
        return f"the stream works on {work.in_hand:,} messages, {work.unread:,} more are before it"
    if counts.stored < accepted <= counts.rows:
        return "all are stored; figures are being made of them"
    return f"{counts.rows:,} stored, {counts.stored:,} of them in every figure"


def _reason(
    answer: Counts | None, counts: Counts, accepted: int, work: Work | None, settings: Settings, still_s: float
) -> str:
    still = f"their number stands still for {still_s:.0f} s: "
    if answer is None:
        return f"{still}the store does not answer"
    if work is None:
        return f"{still}the stream at {settings.stream_url} does not answer; `hailong status` shows whether it runs"
    if work.waiting:
        return f"{still}the stream still works on {work.waiting:,} messages; its log says on what"
    missing = accepted - counts.rows
    if missing > 0:
        return f"{still}the stream has read all that Kafka holds; {missing:,} events still wait in ingest's outbox"
    return f"{still}the stream has nothing before it, but {accepted - counts.stored:,} are in no figure yet"


def _api(settings: Settings) -> ApiClient:
    return ApiClient(settings.api_url, ANSWER_TIMEOUT_S, settings.api_key.get_secret_value())


def _counts(api: ApiClient, source: str) -> Counts | None:
    """The counts now; None while the API itself waits for the store (503) or takes too long to answer."""
    try:
        counts = api.get("/v1/counts", {"source": source})
        return Counts(int(counts["rows"]), int(counts["stored"]))
    except ApiTimeoutError:
        # A store that is busy with a large recomputation answers late, not never.
        return None
    except (ApiError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ApiStatusError) and error.status == UNAVAILABLE:
            return None
        raise NotReachable(f"{api.url}: {type(error.__cause__ or error).__name__}: {error}") from error


def _work(stream_url: str) -> Work | None:
    """The stream's work by its own metrics; None when it does not answer."""
    try:
        metrics = read_metrics(stream_url, ANSWER_TIMEOUT_S)
    except ServiceError:
        return None
    in_hand, unread = (int(metrics.get(("hailong_stream_log_messages", state), 0)) for state in ("in_hand", "unread"))
    return Work(in_hand, unread, int(metrics.get(("hailong_stream_flush_seconds_count", ""), 0)))
