"""Waits until the events that were accepted are stored and counted, and says meanwhile what is being done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

from runtime.addresses import uses_proxy
from runtime.settings import Settings

POLL_S = 0.25
STALL_S = 60.0
"""So long may everything stand still before the wait is given up, when nobody says that work is being done."""
WORKING_STALL_S = 1800.0
"""The same while the stream has messages in hand: one recomputation of all dossiers may take this long."""
QUIET_S = 1.0
QUIET_WITHIN_S = 15.0
"""New events of a source that was known before are counted once nothing moved for so long, or after this time."""
ANSWER_TIMEOUT_S = 10.0


class NotReachable(Exception):  # noqa: N818 - a state, not a fault of the import
    """The read API does not answer; the text says why."""


class Counts(NamedTuple):
    """Distinct events of a source: ``rows`` in the raw table, ``stored`` of them in every figure."""

    rows: int
    stored: int


class Work(NamedTuple):
    """What the stream has before it: messages ``in_hand`` and ``unread``; ``flushes`` that it has finished."""

    in_hand: int
    unread: int
    flushes: int

    @property
    def waiting(self) -> int:
        """Messages that are not in every figure yet."""
        return self.in_hand + self.unread


class Settled(NamedTuple):
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
) -> Settled:
    """Waits until ``accepted`` events of ``source`` are in every figure, or nothing moves any more.

    Earlier imports of the same source count too: with the counts ``before`` this one, the wait goes on until the
    counts are at rest, so that their growth is what was new. ``on_progress`` gets the number in the figures and, in
    words, what is being done. Raises ``NotReachable`` when the read API does not answer.
    """
    stall_s = STALL_S if stall_s is None else stall_s
    counts, work = Counts(0, 0), None
    counts_rest, all_rest, enough_rest = _Rest(), _Rest(), _Rest()
    was_known = bool(before and before.rows)
    stream = httpx.Client(timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(settings.stream_url))
    with _api(settings) as api, stream:
        while True:
            answer = _counts(api, source)
            counts = answer or counts
            is_enough = counts.stored >= accepted
            if was_known or not is_enough:
                work = _work(stream, settings.stream_url)
            on_progress(counts.stored, _doing(answer, counts, accepted, work))
            is_working = work is not None and work.waiting > 0
            counts_rest_s, all_rest_s = counts_rest.seconds(counts), all_rest.seconds((counts, work))
            enough_s = enough_rest.seconds(is_enough)
            if is_enough:
                at_rest = counts.rows == counts.stored and not is_working and all_rest_s >= QUIET_S
                if not was_known or at_rest or enough_s >= QUIET_WITHIN_S:
                    return Settled(counts)
            elif counts_rest_s > WORKING_STALL_S or (not is_working and all_rest_s > stall_s):
                return Settled(counts, _reason(answer, counts, accepted, work, settings, counts_rest_s))
            time.sleep(POLL_S)


class _Rest:
    """For how long something has not changed."""

    def __init__(self) -> None:
        self._value: object = None
        self._since = time.monotonic()

    def seconds(self, value: object) -> float:
        """Since when it is this ``value``."""
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


def _api(settings: Settings) -> httpx.Client:
    headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}
    return httpx.Client(
        base_url=settings.api_url, headers=headers, timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(settings.api_url)
    )


def _counts(api: httpx.Client, source: str) -> Counts | None:
    """The counts now; None while the API itself waits for the store (503) or takes too long to answer."""
    try:
        answer = api.get("/v1/counts", params={"source": source})
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None
        found = answer.raise_for_status().json()
        return Counts(int(found["rows"]), int(found["stored"]))
    except httpx.ReadTimeout:
        # A store that is busy with a large recomputation answers late, not never.
        return None
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as fault:
        raise NotReachable(f"{api.base_url}: {type(fault).__name__}: {fault}") from fault


def _work(log: httpx.Client, stream_url: str) -> Work | None:
    """What the stream tells of itself; None when it does not answer."""
    states = {"in_hand": 0.0, "unread": 0.0}
    flushes = 0.0
    try:
        text = log.get(f"{stream_url}/metrics").raise_for_status().text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "hailong_stream_log_messages" and sample.labels.get("state") in states:
                    states[sample.labels["state"]] += sample.value
                elif sample.name == "hailong_stream_flush_seconds_count":
                    flushes = sample.value
    except (httpx.HTTPError, ValueError):
        return None
    return Work(int(states["in_hand"]), int(states["unread"]), int(flushes))
