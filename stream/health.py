"""Health of the stream over HTTP: whether it makes progress, and if not, why."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.events.topics import EVENTS
from runtime.http import HEALTH_ROUTES

CHECK_EVERY_S = 10.0
ANSWER_S = 2.0
STALLED_S = 60.0
"""A loop without a round for this long counts as hanging, whatever it waits for."""


class StreamHealth:
    """The latest state of the loop. Written by the loop, read by the HTTP thread."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._round_at_s = now_s()
        self._trouble = "it has not read from Kafka yet"

    def note_round(self, trouble: str = "") -> None:
        """Notes a round of the loop; with a ``trouble`` the round could not make progress."""
        self._round_at_s, self._trouble = self._now_s(), trouble

    def note_trouble(self, cause: str) -> None:
        """Notes what the loop waits for."""
        self._trouble = cause

    def trouble(self) -> str:
        """Why the stream makes no progress, for the operator; empty while it does."""
        stalled_s = self._now_s() - self._round_at_s
        if not self._trouble and stalled_s > STALLED_S:
            return f"the stream has been at one batch for {stalled_s:.0f} s; see the store's load and its log"
        return self._trouble


class KafkaWatch:
    """Checks now and then whether Kafka answers: without brokers a poll returns nothing and raises nothing."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._checked_at_s = float("-inf")
        self._is_away = False

    def is_away(self) -> bool:
        """Whether Kafka failed to answer the latest check; checks anew after ``CHECK_EVERY_S``."""
        if time.monotonic() - self._checked_at_s > CHECK_EVERY_S:
            try:
                self._consumer.list_topics(EVENTS, ANSWER_S)
                self._is_away = False
            except KafkaException:
                self._is_away = True
            self._checked_at_s = time.monotonic()
        return self._is_away


def make_health_app(health: StreamHealth) -> Starlette:
    """``/healthz`` (the process lives), ``/readyz`` (it makes progress, or 503 with the cause) and ``/metrics``."""

    async def readyz(_request: Request) -> Response:
        trouble = health.trouble()
        return PlainTextResponse(f"{trouble}\n", 503) if trouble else PlainTextResponse("ready\n")

    return Starlette(routes=[*HEALTH_ROUTES, Route("/readyz", readyz)])
